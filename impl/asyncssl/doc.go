// Package asyncssl is wrap-in-ssl: it puts TLS on an asynchronous socket that is open already, or still connecting.
//
// [WrapInSSL] returns a new socket, to which the callbacks of the original move. The original is inert from then on:
// every operation on it but Closed is a tcp-ssl-error ([Error]).
//
// The socket itself is package async's, which can be had without this one.
package asyncssl
