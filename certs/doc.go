// Package certs makes an authority and every certificate that the suite needs, good and bad, at run time and in memory:
// nothing that could expire or leak is kept in the repository. Only [Authority.WriteFiles] writes, where it is told to.
//
// A [Variant] says what differs from a good certificate; a [Form] is how a private key stands in a file.
//
// What a certificate is used for does not belong here.
package certs
