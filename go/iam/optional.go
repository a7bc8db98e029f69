package iam

import (
	"bytes"
	"encoding/json"
)

// Optional is a member of a body that may be absent, null or a value; its zero value is absent.
type Optional[T any] struct {
	value T
	state optionalState
}

type optionalState uint8

const (
	absent optionalState = iota
	isNull
	isValue
)

// Value makes a member that is there, also if the value is empty.
func Value[T any](value T) Optional[T] {
	return Optional[T]{value: value, state: isValue}
}

// Null makes a member that is null: it clears what the object has, if the member can be cleared.
func Null[T any]() Optional[T] {
	return Optional[T]{state: isNull}
}

// ValueOrNull makes a member that is what the pointer points to, or null if it points to nothing.
func ValueOrNull[T any](value *T) Optional[T] {
	if value == nil {
		return Null[T]()
	}
	return Value(*value)
}

// Get returns the value, and false if the member is absent or null.
func (o Optional[T]) Get() (T, bool) {
	return o.value, o.state == isValue
}

// IsNull reports whether the member is null.
func (o Optional[T]) IsNull() bool {
	return o.state == isNull
}

// IsZero reports whether the member is absent, so that `omitzero` leaves it out.
func (o Optional[T]) IsZero() bool {
	return o.state == absent
}

// MarshalJSON writes the value or null. An absent member cannot be written: `omitzero` leaves it out before.
func (o Optional[T]) MarshalJSON() ([]byte, error) {
	if o.state != isValue {
		return []byte("null"), nil
	}
	return json.Marshal(o.value)
}

// UnmarshalJSON reads a value or null.
func (o *Optional[T]) UnmarshalJSON(data []byte) error {
	if bytes.Equal(bytes.TrimSpace(data), []byte("null")) {
		*o = Null[T]()
		return nil
	}
	var value T
	if err := json.Unmarshal(data, &value); err != nil {
		return err
	}
	*o = Value(value)
	return nil
}

// Strings is one text or several, as the audience of a token is; it is written as a list.
type Strings []string

// UnmarshalJSON reads a text or a list of texts.
func (s *Strings) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*s = Strings{one}
		return nil
	}
	var several []string
	if err := json.Unmarshal(data, &several); err != nil {
		return err
	}
	*s = several
	return nil
}
