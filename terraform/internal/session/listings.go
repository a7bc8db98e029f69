// Keeps lists for as long as one refresh takes, so that each is read once.

package session

import (
	"context"
	"iter"
	"math"
	"strings"
	"sync"
	"time"

	"cambist/iam"
)

// freshFor is how long a list stands for reading each of its objects: about as long as one refresh takes.
const freshFor = 30 * time.Second

const (
	// firstPage is how many objects one request lists; the API allows no more.
	firstPage = 1000
	// everything is more objects than an organisation can have of a kind.
	everything = math.MaxInt
	// mostSingly is how many objects beyond the first page are read by themselves before the other pages are: a list has ten at most.
	mostSingly = 10
)

// listings read each list once in place of each of its objects by itself.
type listings struct {
	mutex sync.Mutex
	lists map[string]*listing
}

type listing struct {
	mutex sync.Mutex
	begun time.Time
	// next gives the objects one by one and asks for a page when it needs one; nil before the first.
	next   func() (*iam.Document, error, bool)
	isRead bool
	// failure is why there is no list.
	failure error
	all     []iam.Document
	found   map[string]iam.Document
	// singly is how many objects were read by themselves.
	singly int
}

func (l *listings) at(collection string) *listing {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	known := l.lists[collection]
	if known != nil && time.Since(known.begun) < freshFor {
		return known
	}
	if l.lists == nil {
		l.lists = map[string]*listing{}
	}
	fresh := &listing{begun: time.Now(), found: map[string]iam.Document{}}
	l.lists[collection] = fresh
	return fresh
}

func (l *listings) forget() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.lists = nil
}

// find is nil for an object that is not there, and for every object whose parent is not there. It reads the first page, then a few
// objects by themselves, and the rest of a long list only for many.
func (l *listings) find(ctx context.Context, session *Session, collection, identity string) (iam.Document, error) {
	list := l.at(collection)
	list.mutex.Lock()
	defer list.mutex.Unlock()
	if list.next == nil {
		list.read(ctx, session, collection, firstPage)
	}
	if list.found[identity] == nil && !list.isRead && list.singly < mostSingly {
		list.singly++
		return single(ctx, session, collection, identity)
	}
	if list.found[identity] == nil {
		list.read(ctx, session, collection, everything)
	}
	if iam.IsNotFound(list.failure) {
		return nil, l.orphaned(ctx, session, collection, list.failure)
	}
	return list.found[identity], list.failure
}

// orphaned is nil if a list is not there because what it belongs to is gone: the list of those says so. A list that belongs to nothing
// is always there; without this, whoever names a wrong organisation or has an older deployment would lose the whole state.
func (l *listings) orphaned(ctx context.Context, session *Session, collection string, failure error) error {
	segments := strings.Split(collection, "/")
	parents, parent := strings.Join(segments[:len(segments)-2], "/"), segments[len(segments)-2]
	if !strings.Contains(parent, "_") {
		return failure
	}
	found, err := l.find(ctx, session, parents, parent)
	if err != nil {
		return err
	}
	if found != nil {
		return failure
	}
	return nil
}

func single(ctx context.Context, session *Session, collection, identity string) (iam.Document, error) {
	one, err := session.Objects(collection).Get(ctx, identity)
	if iam.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return *one, nil
}

func (l *listings) everything(ctx context.Context, session *Session, collection string) ([]iam.Document, error) {
	list := l.at(collection)
	list.mutex.Lock()
	defer list.mutex.Unlock()
	list.read(ctx, session, collection, everything)
	return list.all, list.failure
}

// read takes so many more objects. While an answer is awaited, others that want the same list wait, too. A failure stands for as
// long as a list would, so that it is not asked for once for each object.
func (l *listing) read(ctx context.Context, session *Session, collection string, count int) {
	if l.next == nil {
		// The pages outlive the call that asked for the first.
		pages := session.Objects(collection).List(context.WithoutCancel(ctx), iam.ListOptions{PageSize: firstPage})
		l.next, _ = iter.Pull2(pages)
	}
	for ; count > 0 && !l.isRead; count-- {
		one, err, isThere := l.next()
		if !isThere || err != nil {
			l.isRead, l.failure = true, err
			return
		}
		identity, _ := (*one)["identity"].(string)
		l.found[identity] = *one
		l.all = append(l.all, *one)
	}
}
