package azure

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// statusError is an answer of the management API that is none.
type statusError struct{ status int }

func (e *statusError) Error() string { return fmt.Sprintf("status %d", e.status) }

// shapeError is an answer that does not have the shape of one.
type shapeError struct{ err error }

func (e *shapeError) Error() string { return "the answer is not what this question has" }
func (e *shapeError) Unwrap() error { return e.err }

// explain says in one line why a question was not answered, and what would help.
// The words of the server are left out.
func explain(api, permission string, err error) error {
	if err == nil {
		return nil
	}
	var known *cloud.Failure
	if errors.As(err, &known) {
		named := *known
		named.API = cmp.Or(known.API, api)
		return &named
	}
	f := &cloud.Failure{API: api, Err: err}
	var answered *azcore.ResponseError
	var status *statusError
	var shape *shapeError
	switch {
	case errors.Is(err, cloud.ErrTooLong):
		f.Class, f.Text = evidence.ClassHTTP, cloud.ErrTooLong.Error()
	case errors.As(err, &answered):
		f.Class, f.Text, f.Permission = byStatus(answered.StatusCode, permission)
	case errors.As(err, &status):
		f.Class, f.Text, f.Permission = byStatus(status.status, permission)
	case cloud.Classify(err) != evidence.ClassOther:
		f.Class, f.Text = cloud.Classify(err), cloud.Plain(err)
	case errors.As(err, &shape):
		f.Class, f.Text = evidence.ClassHTTP, shape.Error()
	default:
		f.Class, f.Text = evidence.ClassOther, "the question could not be asked"
	}
	return f
}

func byStatus(status int, permission string) (class evidence.Class, text, needed string) {
	switch {
	case status == http.StatusUnauthorized:
		return evidence.ClassDenied, "the credentials were not accepted; they may be of another cloud (AZURE_AUTHORITY_HOST), or out of date", ""
	case status == http.StatusForbidden:
		return evidence.ClassDenied, "the credentials may not ask this", permission
	case status == http.StatusNotFound:
		return evidence.ClassOther, "there is no such account", ""
	case cloud.Busy(status):
		return evidence.ClassRateLimited, cloud.WhatBusyMeans, ""
	case status >= http.StatusMultipleChoices && status < http.StatusBadRequest:
		return evidence.ClassHTTP, "the server sends on to another one, which is not followed", ""
	}
	return evidence.ClassHTTP, fmt.Sprintf("the server answered with status %d", status), ""
}
