// Keeps lists for as long as one refresh takes, so that each is read once.

package session

import (
	"context"
	"sync"
	"time"

	"cambist/iam"
)

// freshFor is how long a list stands for reading each of its objects: about as long as one refresh takes.
const freshFor = 30 * time.Second

// listings read each list once in place of each of its objects by itself.
type listings struct {
	mutex sync.Mutex
	lists map[string]*listing
}

type listing struct {
	mutex  sync.Mutex
	begun  time.Time
	isRead bool
	all    []iam.Document
	found  map[string]iam.Document
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

// find is nil for an object that is not there, and for every object whose parent is not there.
func (l *listings) find(ctx context.Context, session *Session, collection, identity string) (iam.Document, error) {
	list := l.at(collection)
	list.mutex.Lock()
	defer list.mutex.Unlock()
	if err := list.read(ctx, session, collection); err != nil && !iam.IsNotFound(err) {
		return nil, err
	}
	return list.found[identity], nil
}

func (l *listings) everything(ctx context.Context, session *Session, collection string) ([]iam.Document, error) {
	list := l.at(collection)
	list.mutex.Lock()
	defer list.mutex.Unlock()
	err := list.read(ctx, session, collection)
	return list.all, err
}

// read asks once; while the answer is awaited, others that want the same list wait, too.
func (l *listing) read(ctx context.Context, session *Session, collection string) error {
	if l.isRead {
		return nil
	}
	all, err := session.Objects(collection).All(ctx, iam.ListOptions{})
	if err != nil {
		return err
	}
	for _, one := range all {
		identity, _ := (*one)["identity"].(string)
		l.found[identity] = *one
		l.all = append(l.all, *one)
	}
	l.isRead = true
	return nil
}
