package s3

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// The error codes of S3 and the other services
// (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
var (
	deniedCodes   = []string{"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "UnauthorizedAccess", "UnauthorizedOperation", "Forbidden"}
	unknownCodes  = []string{"InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException", "InvalidToken", "SignatureDoesNotMatch", "AuthFailure", "InvalidSignatureException"}
	expiredCodes  = []string{"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"}
	skewedCodes   = []string{"RequestTimeTooSkewed", "RequestInTheFuture"}
	busyCodes     = []string{"SlowDown", "Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException", "RequestLimitExceeded", "ServiceUnavailable", "InternalError", "RequestThrottled"}
	elsewhere     = []string{"PermanentRedirect", "TemporaryRedirect", "Redirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "MovedPermanently"}
	absentCodes   = []string{"NotImplemented", "MethodNotAllowed", "XNotImplemented", "UnsupportedOperation", "NotSupported", "UnsupportedArgument"}
	noneCodes     = []string{"ReplicationConfigurationNotFoundError", "NoSuchConfiguration", "ReplicationConfigurationNotFound"}
	missingBucket = []string{"NoSuchBucket", "NotFound"}
)

// codeOf returns the error code of an answer; empty where it was none.
func codeOf(err error) string {
	var answered smithy.APIError
	if errors.As(err, &answered) {
		return answered.ErrorCode()
	}
	return ""
}

func isOneOf(err error, codes []string) bool { return slices.Contains(codes, codeOf(err)) }

// explain says in one line why a question was not answered, and what would help.
// The words of the server are left out: they repeat keys, and whatever it likes.
func explain(api, permission string, at server, err error) error {
	if err == nil {
		return nil
	}
	var known *cloud.Failure
	if errors.As(err, &known) {
		if known.Class == evidence.ClassDenied && known.Permission == "" {
			known = &cloud.Failure{API: api, Class: known.Class, Text: known.Text, Permission: permission, Err: known.Err}
		}
		return known
	}
	f := &cloud.Failure{API: api, Err: err, Class: evidence.ClassDenied}
	switch {
	case isOneOf(err, deniedCodes):
		f.Text, f.Permission = "the credentials may not ask this", permission
	case isOneOf(err, unknownCodes):
		f.Text = "the credentials are not known in " + at.name() + "; credentials are of one partition or server (AWS_REGION, ?endpoint=)"
	case isOneOf(err, expiredCodes):
		f.Text = "the credentials have expired; fetch new ones (aws sso login)"
	case isOneOf(err, skewedCodes):
		f.Text = "the clock of this machine and that of the server differ by too much; set the clock"
	case isOneOf(err, busyCodes):
		f.Class, f.Text = evidence.ClassRateLimited, cloud.WhatBusyMeans
	case codeOf(err) == "AuthorizationHeaderMalformed" && at.provider != providerID:
		f.Text = "the server expects the name of its region in the signature; set AWS_REGION to it"
	case isOneOf(err, elsewhere):
		f.Class, f.Text = evidence.ClassHTTP, "the server sends on to another one, which is not followed"
	case isOneOf(err, absentCodes):
		f.Class, f.Text = evidence.ClassOther, "the server does not know this question"
	case isOneOf(err, missingBucket):
		f.Class, f.Text = evidence.ClassOther, "the bucket is not there any more"
	default:
		f.Class, f.Text = unnamed(err)
	}
	return f
}

// unnamed explains an error that has no known code.
func unnamed(err error) (evidence.Class, string) {
	var answered *smithyhttp.ResponseError
	var decoding *smithy.DeserializationError
	switch {
	case errors.Is(err, cloud.ErrTooLong):
		return evidence.ClassHTTP, cloud.ErrTooLong.Error()
	case cloud.Classify(err) != evidence.ClassOther:
		return cloud.Classify(err), plainCause(err)
	case errors.As(err, &decoding):
		return evidence.ClassHTTP, "the answer is not what this question has"
	case errors.As(err, &answered):
		return byStatus(answered.HTTPStatusCode())
	}
	return evidence.ClassOther, plainCause(err)
}

// byStatus explains an answer by its status alone.
func byStatus(status int) (evidence.Class, string) {
	text := fmt.Sprintf("the server answered with status %d", status)
	switch {
	case status == http.StatusForbidden || status == http.StatusUnauthorized:
		return evidence.ClassDenied, text
	case cloud.Busy(status):
		return evidence.ClassRateLimited, text
	}
	return evidence.ClassHTTP, text
}

// plainCause returns the innermost text of an error of the SDK, which wraps it in
// the names of the operation and the address.
func plainCause(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return cloud.Plain(err)
		}
		if text := cloud.Plain(err); text != err.Error() {
			return text
		}
		err = inner
	}
}
