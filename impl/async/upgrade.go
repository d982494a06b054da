package async

// A Layer is what [Upgrade] puts on top of a socket.
type Layer struct {
	// Face makes the object that callbacks will see of the new socket; it embeds it.
	Face func(Socket) Socket
	// Handshake sets the layer up on the connection below. It runs outside the loop and may block; closing the
	// socket ends the connection below.
	Handshake func(below Conn) (Conn, error)
	// Condition says what an error means that Handshake, the connection it returned or what is below ended with.
	Condition func(s Socket, err error) Condition
	// Closed is called once, in the loop, when the new socket is closed. It may be nil.
	Closed func()
}

// Upgrade puts a layer on top of a socket and returns the new socket, to which the callbacks move. What was written to
// s before goes first, without the layer; every operation on s but Closed is an error of the layer from then on.
func Upgrade(s Socket, layer Layer) (Socket, error) {
	under := s.core()
	if err := under.check("wrap"); err != nil {
		return nil, err
	}
	k := under.link
	face := &socket{link: k, callbacks: under.callbacks, layer: &layer}
	face.self = layer.Face(face)
	under.callbacks = Callbacks{}
	under.over = face
	k.top = face
	if under.writing || len(under.out) > 0 {
		under.drained = make(chan struct{})
	}
	if under.conn != nil {
		k.interrupt()
	}
	return face.self, nil
}
