package s3

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/credentials"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

const (
	// credentialsTimeout bounds the search for credentials, which may have to be
	// asked for.
	credentialsTimeout = 8 * time.Second
	// maxTries and longestPause bound the repetitions where a server is busy. Few
	// are asked at once, and each waits longer with every refusal; slowing down as
	// a whole (the SDK's adaptive mode) took ten times as long and asked no less.
	maxTries     = 8
	longestPause = 5 * time.Second
)

// session is the user's settings, read as Amazon's own tools read them.
type session struct {
	config        aws.Config
	region        string // empty where none is set
	endpoint      string // of S3, where the settings name one
	credentials   aws.CredentialsProvider
	noCredentials error // why there are none that can be used; nil: there are
}

// open reads the settings, once.
func (c *Cloud) open(ctx context.Context) (*session, error) {
	return c.session.Get(ctx, "", func(ctx context.Context) (*session, error) {
		cfg, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return nil, &cloud.Failure{Class: evidence.ClassOther, Err: err,
				Text: "the settings of the AWS tools cannot be read; look at ~/.aws/config, AWS_PROFILE and AWS_CONFIG_FILE"}
		}
		cfg.Logger = logging.Nop{} // what the SDK has to say is in its errors
		s := &session{config: cfg, region: cfg.Region, credentials: cfg.Credentials}
		// The endpoint can be set for S3 alone, which only its client reads.
		s.endpoint = aws.ToString(s3.NewFromConfig(cfg).Options().BaseEndpoint)
		s.noCredentials = findCredentials(ctx, cfg)
		return s, nil
	})
}

// findCredentials tells why there are none that can be used, in a line.
func findCredentials(ctx context.Context, settings aws.Config) error {
	if err := credentials.Amazon(settings); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, credentialsTimeout)
	defer cancel()
	if _, err := settings.Credentials.Retrieve(ctx); err != nil {
		return &credentials.Unusable{Advice: credentials.AmazonAdvice, Err: err}
	}
	return nil
}

// clientKey is what a client of the SDK is made for.
type clientKey struct{ url, region string }

// client returns the SDK's client for a region of a server.
func (l *look) client(region string) *s3.Client {
	c, at := l.cloud, l.at
	if at.provider == providerID {
		at.url = at.partition.url("s3", region)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := clientKey{at.url, region}
	if c.clients[key] == nil {
		c.clients[key] = s3.NewFromConfig(l.session.config, func(o *s3.Options) {
			o.Region, o.BaseEndpoint, o.UsePathStyle = region, &at.url, true
			o.HTTPClient = c.http
			o.DisableMultiRegionAccessPoints = true
			o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff = maxTries, longestPause
				// Each look has its own deadline; a budget shared by a thousand
				// would leave the last ones without an answer.
				o.RateLimiter = noBudget{}
			})
		})
	}
	return c.clients[key]
}

// noBudget does not bound how many repetitions all looks have together.
type noBudget struct{}

// GetToken implements [retry.RateLimiter].
func (noBudget) GetToken(context.Context, uint) (func() error, error) { return noBudget{}.release, nil }

// AddTokens implements [retry.RateLimiter].
func (noBudget) AddTokens(uint) error { return nil }

func (noBudget) release() error { return nil }
