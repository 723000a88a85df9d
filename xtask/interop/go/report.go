package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
)

const library = "golang.org/x/oauth2 + go-oidc"

// settings says what the server, its clients and its user are (see ../README.md).
type settings struct {
	Issuer       string `json:"issuer"`
	User         user   `json:"user"`
	Confidential client `json:"confidential"`
	Public       client `json:"public"`
}

type user struct {
	Username string `json:"username"`
	Password string `json:"password"`
	Subject  string `json:"subject"`
	Email    string `json:"email"`
}

type client struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	RedirectURI  string `json:"redirect_uri"`
	Scope        string `json:"scope"`
	MachineScope string `json:"machine_scope"`
	// Where people may go when they have signed out.
	PostLogoutRedirectURI string `json:"post_logout_redirect_uri"`
}

func readSettings() (read settings, err error) {
	err = json.Unmarshal([]byte(os.Getenv("GRANTOR_INTEROP")), &read)
	return read, err
}

// check passes with what the work gives as its detail, and fails with its error.
func check(name string, work func() (string, error)) {
	run(name, "pass", work)
}

// byApplication is a check in which the application does what the library has no call for.
func byApplication(name string, work func() (string, error)) {
	run(name, "application", work)
}

func run(name, outcome string, work func() (string, error)) {
	detail, err := work()
	if err != nil {
		outcome, detail = "fail", err.Error()
	}
	line(name, outcome, detail)
}

// notOffered says that the library has no such thing.
func notOffered(name, why string) {
	line(name, "not offered", why)
}

func line(name, outcome, detail string) {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(map[string]string{
		"library": library, "version": versions(), "check": name, "outcome": outcome, "detail": detail,
	})
	if err != nil {
		panic(err)
	}
}

// versions names those of the two modules, as they were built in.
func versions() string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		panic("the program was built without its modules")
	}
	found := map[string]string{}
	for _, module := range build.Deps {
		found[module.Path] = strings.TrimPrefix(module.Version, "v")
	}
	return fmt.Sprintf("%s + %s", found["golang.org/x/oauth2"], found["github.com/coreos/go-oidc/v3"])
}
