package iam

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sync"
)

// judges remembers whether the deployment judges a write without writing.
type judges struct {
	mutex  sync.Mutex
	isSure bool
}

// mustJudge is nil if the deployment knows `?validate=true`. One that is older passes over it and writes. So it is asked once, by a
// request that neither writes anything: it has no name, and a value of `validate` that is refused.
func (t *transport) mustJudge(ctx context.Context, asked *request) error {
	t.judges.mutex.Lock()
	defer t.judges.mutex.Unlock()
	if t.judges.isSure {
		return nil
	}
	probe := newRequest(http.MethodPost, "/service-accounts")
	probe.query.Set("validate", "unsure")
	probe.body = json.RawMessage(`{}`)
	probe.changesNothing = true
	_, err := t.send(ctx, probe)
	var refusal *Error
	if err != nil && (!errors.As(err, &refusal) || refusal.Code != CodeInvalid) {
		return err
	}
	isAboutValidate := func(fault Fault) bool { return fault.Parameter != nil && *fault.Parameter == "validate" }
	if refusal != nil && slices.ContainsFunc(refusal.Faults, isAboutValidate) {
		t.judges.isSure = true
		return nil
	}
	parameter, detail := "validate", "the deployment is older than this client and would write what it is only to judge; nothing was sent"
	failure := asked.failure(CodeInvalid, detail, nil)
	failure.Status = http.StatusBadRequest
	failure.Faults = []Fault{{Parameter: &parameter, Detail: detail}}
	return failure
}
