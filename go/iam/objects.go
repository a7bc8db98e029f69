package iam

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
)

// Objects are the objects of one kind. View is what the API answers, Created what it answers to a creation, Create and
// Update what it takes.
type Objects[View, Created, Create, Update any] struct {
	send *transport
	path string
}

func objectsAt[View, Created, Create, Update any](send *transport, segments ...string) Objects[View, Created, Create, Update] {
	return Objects[View, Created, Create, Update]{send: send, path: pathOf(segments...)}
}

// WriteOption is how one change is made.
type WriteOption func(*request)

// IfVersion makes the change only if the object has this objectVersion; else it fails with [CodeChangedMeanwhile].
func IfVersion(objectVersion int64) WriteOption {
	return func(r *request) { r.header.Set("if-match", `"`+strconv.FormatInt(objectVersion, 10)+`"`) }
}

// ValidateOnly asks the API to judge a creation or an update and to answer as it would, warnings included, without writing.
// A deployment that is older than that would write; it is told by one request before the first, and refused with [CodeInvalid].
func ValidateOnly() WriteOption {
	return func(r *request) {
		r.query.Set("validate", "true")
		r.changesNothing = true
	}
}

// ListOptions narrows a list; an empty member does not. Not every kind of object has every filter.
type ListOptions struct {
	Name, Slug, Identity, Status string
	// ServiceAccount is an id or a slug, Provider an id or a name.
	ServiceAccount, Provider string
	// Labels are those that an object must have.
	Labels map[string]string
	// PageSize is how many objects one request asks for, 1000 if it is 0.
	PageSize int
}

func (o ListOptions) query() url.Values {
	query := url.Values{}
	for name, value := range map[string]string{
		"name": o.Name, "slug": o.Slug, "identity": o.Identity, "status": o.Status,
		"serviceAccount": o.ServiceAccount, "provider": o.Provider,
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	for key, value := range o.Labels {
		query.Set("matchLabels["+key+"]", value)
	}
	query.Set("limit", strconv.Itoa(pageSize(o.PageSize)))
	return query
}

// List goes through all objects, page by page. It stops at the first error.
func (o Objects[View, Created, Create, Update]) List(ctx context.Context, options ListOptions) iter.Seq2[*View, error] {
	return pages[View](ctx, o.send, o.path, options.query())
}

// All returns all objects at once.
func (o Objects[View, Created, Create, Update]) All(ctx context.Context, options ListOptions) ([]*View, error) {
	all := []*View{}
	for one, err := range o.List(ctx, options) {
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// Get reads one object by its id; a role also by its slug or name.
func (o Objects[View, Created, Create, Update]) Get(ctx context.Context, id string) (*View, error) {
	return ask[View](ctx, o.send, newRequest(http.MethodGet, o.path+pathOf(id)))
}

// Create makes an object.
func (o Objects[View, Created, Create, Update]) Create(ctx context.Context, object Create, options ...WriteOption) (*Created, error) {
	return write[Created](ctx, o.send, newRequest(http.MethodPost, o.path), object, options)
}

// Update changes the members that are there (PATCH); a list or a map is replaced as a whole.
func (o Objects[View, Created, Create, Update]) Update(ctx context.Context, id string, change Update, options ...WriteOption) (*View, error) {
	return write[View](ctx, o.send, newRequest(http.MethodPatch, o.path+pathOf(id)), change, options)
}

// Put does the same as Update by PUT, for clients that must: the API treats both alike.
func (o Objects[View, Created, Create, Update]) Put(ctx context.Context, id string, change Update, options ...WriteOption) (*View, error) {
	return write[View](ctx, o.send, newRequest(http.MethodPut, o.path+pathOf(id)), change, options)
}

// Delete deletes an object. One that is gone is [CodeNotFound], unless an earlier try of the same call deleted it.
func (o Objects[View, Created, Create, Update]) Delete(ctx context.Context, id string, options ...WriteOption) error {
	r := newRequest(http.MethodDelete, o.path+pathOf(id))
	for _, option := range options {
		option(r)
	}
	_, err := o.send.do(ctx, r)
	return err
}

func write[Answer any](ctx context.Context, send *transport, r *request, body any, options []WriteOption) (*Answer, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, r.failure(CodeInvalid, "the body cannot be written as JSON", err)
	}
	r.body = encoded
	for _, option := range options {
		option(r)
	}
	return ask[Answer](ctx, send, r)
}

func ask[Answer any](ctx context.Context, send *transport, r *request) (*Answer, error) {
	answer, err := send.do(ctx, r)
	if err != nil {
		return nil, err
	}
	value := new(Answer)
	if err := answer.decode(value); err != nil {
		return nil, r.unexpected(answer, err)
	}
	if isEmptyObject(value) {
		return nil, r.unexpected(answer, errors.New("it has no identity"))
	}
	return value, nil
}

// isEmptyObject reports whether the answer is an object of the API without its identity: `null`, or JSON of somebody else.
func isEmptyObject(value any) bool {
	read := reflect.ValueOf(value).Elem()
	if document, ok := read.Interface().(Document); ok {
		identity, _ := document["identity"].(string)
		return identity == ""
	}
	if read.Kind() == reflect.Slice {
		return read.IsNil()
	}
	identity := read.FieldByName("Identity")
	return identity.IsValid() && identity.Kind() == reflect.String && identity.Len() == 0
}

// pathOf escapes each segment, so that an id that somebody else chose cannot lead to another path.
func pathOf(segments ...string) string {
	path := ""
	for _, segment := range segments {
		switch segment {
		case "", ".", "..":
			// Such a segment would be removed on the way; no object has this id.
			segment = "-"
		}
		path += "/" + url.PathEscape(segment)
	}
	return path
}

func pageSize(asked int) int {
	if asked <= 0 || asked > maxPage {
		return maxPage
	}
	return asked
}
