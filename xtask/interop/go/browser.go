package main

import (
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"
)

var (
	formAction  = regexp.MustCompile(`<form [^>]*action="([^"]*)"`)
	hiddenField = regexp.MustCompile(`<input [^>]*name="request"[^>]* value="([^"]*)"`)
	userCode    = regexp.MustCompile(`<input [^>]*name="user_code"[^>]* value="([^"]*)"`)
)

// browser has cookies but no JavaScript, and a person before it who signs in and agrees to everything: it walks the real
// pages (see ../README.md).
type browser struct {
	issuer *url.URL
	user   user
	client http.Client
}

func newBrowser(issuer string, user user) (*browser, error) {
	parsed, err := url.Parse(issuer)
	if err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client := http.Client{Jar: jar, CheckRedirect: stay, Timeout: 30 * time.Second}
	return &browser{issuer: parsed, user: user, client: client}, nil
}

// authorize opens an authorization request and does what the pages ask. It gives the query with which the client is
// called back, and the pages that were shown.
func (b *browser) authorize(address string) (callback url.Values, pages []string, err error) {
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	callback, pages, page, err := b.walk(request)
	if err == nil && callback == nil {
		err = fmt.Errorf("the pages lead nowhere: %s", page)
	}
	return callback, pages, err
}

// connectDevice types the code that a device shows, and allows what it asks. It gives what the last page says.
func (b *browser) connectDevice(address string) (string, error) {
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	response, page, err := b.send(request)
	if err != nil {
		return "", err
	}
	action, code := formAction.FindStringSubmatch(page), userCode.FindStringSubmatch(page)
	if action == nil || code == nil {
		return "", fmt.Errorf("no form for the code in %s", page)
	}
	request, err = post(response.Request.URL, action[1], url.Values{"user_code": {html.UnescapeString(code[1])}})
	if err != nil {
		return "", err
	}
	_, _, page, err = b.walk(request)
	return page, err
}

// walk does what the pages ask, until the client is called back or a page asks nothing.
func (b *browser) walk(request *http.Request) (callback url.Values, pages []string, last string, err error) {
	for range 10 {
		response, page, err := b.send(request)
		if err != nil {
			return nil, nil, "", err
		}
		location, err := response.Location()
		redirected := response.StatusCode == http.StatusSeeOther && err == nil
		switch {
		case redirected && location.Host != b.issuer.Host:
			return location.Query(), pages, "", nil
		case redirected:
			request, err = http.NewRequest(http.MethodGet, location.String(), nil)
		case strings.Contains(page, `name="password"`):
			pages = append(pages, "sign-in")
			fields := url.Values{"username": {b.user.Username}, "password": {b.user.Password}}
			request, err = submit(response.Request.URL, page, fields)
		case strings.Contains(page, `name="decision"`):
			pages = append(pages, "consent")
			request, err = submit(response.Request.URL, page, url.Values{"decision": {"allow"}})
		default:
			return nil, pages, page, nil
		}
		if err != nil {
			return nil, nil, "", err
		}
	}
	return nil, nil, "", errors.New("the pages lead in circles")
}

func (b *browser) send(request *http.Request) (*http.Response, string, error) {
	response, err := b.client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	return response, string(page), err
}

// submit sends the form of a page: its hidden field, and what the person fills in.
func submit(address *url.URL, page string, fields url.Values) (*http.Request, error) {
	action, hidden := formAction.FindStringSubmatch(page), hiddenField.FindStringSubmatch(page)
	if action == nil || hidden == nil {
		return nil, fmt.Errorf("no form in %s", page)
	}
	fields.Set("request", html.UnescapeString(hidden[1]))
	return post(address, action[1], fields)
}

func post(address *url.URL, action string, fields url.Values) (*http.Request, error) {
	target, err := address.Parse(html.UnescapeString(action))
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(http.MethodPost, target.String(), strings.NewReader(fields.Encode()))
	if err == nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return request, err
}
