package iam

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"regexp"
)

var nextLink = regexp.MustCompile(`<([^>]*)>\s*;[^,]*\brel="?next"?`)

// pages goes through a list. Of the link to the next page only the cursor is used, so that no answer leads elsewhere.
func pages[View any](ctx context.Context, send *transport, path string, query url.Values) iter.Seq2[*View, error] {
	return pagesOf[View](ctx, send, path, query, "")
}

// pagesOf is the same for a list that is a member of each answer.
func pagesOf[View any](ctx context.Context, send *transport, path string, query url.Values, member string) iter.Seq2[*View, error] {
	return func(yield func(*View, error) bool) {
		seen := map[string]bool{}
		for range maxPages {
			r := newRequest(http.MethodGet, path)
			for name, values := range query {
				r.query[name] = values
			}
			answer, err := send.do(ctx, r)
			if err != nil {
				yield(nil, err)
				return
			}
			page, err := listIn(answer, member)
			if err != nil {
				yield(nil, r.unexpected(answer, err))
				return
			}
			for _, raw := range page {
				one := new(View)
				err := decodeJSON(raw, one)
				if err == nil && isEmptyObject(one) {
					err = errors.New("an object has no identity")
				}
				if err != nil {
					yield(nil, r.unexpected(answer, err))
					return
				}
				if !yield(one, nil) {
					return
				}
			}
			cursor := nextCursor(answer.header.Get("link"))
			if cursor == "" {
				return
			}
			if seen[cursor] {
				yield(nil, r.unexpected(answer, errors.New("its next page is one that was read before")))
				return
			}
			seen[cursor] = true
			query.Set("cursor", cursor)
		}
	}
}

func listIn(answer *answer, member string) ([]json.RawMessage, error) {
	body := answer.body
	if member != "" {
		var members map[string]json.RawMessage
		if err := answer.decode(&members); err != nil {
			return nil, err
		}
		body = members[member]
	}
	var page []json.RawMessage
	if err := decodeJSON(body, &page); err != nil || page == nil {
		return nil, errors.Join(errors.New("it is no list"), err)
	}
	return page, nil
}

func nextCursor(link string) string {
	found := nextLink.FindStringSubmatch(link)
	if found == nil {
		return ""
	}
	target, err := url.Parse(found[1])
	if err != nil {
		return ""
	}
	return target.Query().Get("cursor")
}
