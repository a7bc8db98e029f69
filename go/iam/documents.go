package iam

// Document is an object of any kind as JSON; its numbers are json.Number.
type Document = map[string]any

// Documents are the objects of any kind in the list below /v1 that the segments lead to, such as "iam", "roles", an id,
// "bindings". They are for callers that know the members of a kind by its description; everybody else has types.
func (c *Client) Documents(segments ...string) Objects[Document, Document, Document, Document] {
	return objectsAt[Document, Document, Document, Document](&c.transport, segments...)
}
