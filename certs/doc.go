// Package certs makes the authority and the certificates that the suite needs, at run time and in memory: nothing
// that could expire or leak is kept in the repository.
//
// What a certificate is used for does not belong here.
package certs
