package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"
)

// longest is how many bytes of a cause a status line gets.
const longest = 800

// settle is how long the storage may take to see an image that another process has put into it.
const settle = 5 * time.Second

var manifestPath = regexp.MustCompile(`^/v2/(.+)/manifests/([^/]+)$`)

// manifestType is that of every stand-in: whether one is stored doesn't depend on what a client accepts.
const manifestType = "application/vnd.oci.image.manifest.v1+json"

// recipe is how missing images are made; airgap/serving.py writes it.
type recipe struct {
	Command     []string `json:"command"` // run with the image's reference as one more argument
	Environment []string `json:"environment"`
	Log         string   `json:"log"`        // takes what the command says on the way
	References  []string `json:"references"` // of all images that the command can make
}

// standins lets the pull of an image wait until the image is made.
type standins struct {
	storage http.Handler
	recipe  string // the file that holds a recipe, read anew for each pull
	log     *slog.Logger

	guard  sync.Mutex
	making map[string]*making // by reference
}

// making is one command that makes an image, and those who wait for it.
type making struct {
	waiting int
	stop    context.CancelFunc
	ended   chan struct{}
	err     error
}

func (s *standins) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	reference, command := s.missing(request)
	if reference != "" {
		if err := s.make(request.Context(), reference, command); err != nil {
			s.log.Error("not made", "image", reference, "err", err)
			refuse(response, request, err)
			return
		}
		for end := time.Now().Add(settle); !s.has(request) && time.Now().Before(end); {
			time.Sleep(100 * time.Millisecond)
		}
	}
	s.storage.ServeHTTP(response, request)
}

// missing returns the reference of the requested image and how it is made; "" where it is stored or can't be made.
func (s *standins) missing(request *http.Request) (string, recipe) {
	match := manifestPath.FindStringSubmatch(request.URL.Path)
	if match == nil || request.Method != http.MethodGet && request.Method != http.MethodHead {
		return "", recipe{}
	}
	var how recipe
	data, err := os.ReadFile(s.recipe)
	if err == nil {
		err = json.Unmarshal(data, &how)
	}
	if err != nil {
		s.log.Error("no recipe", "file", s.recipe, "err", err)
		return "", recipe{}
	}
	repository, reference := match[1], match[1]+":"+match[2]
	known := slices.Contains(how.References, reference)
	if strings.HasPrefix(match[2], "sha256:") { // which image has the digest is known once they are made
		reference = repository + "@" + match[2]
		known = slices.ContainsFunc(how.References, func(name string) bool {
			return strings.HasPrefix(name, repository+":")
		})
	}
	if !known || s.has(request) {
		return "", recipe{}
	}
	return reference, how
}

func (s *standins) has(request *http.Request) bool {
	question := request.Clone(request.Context())
	question.Method, question.Header = http.MethodHead, http.Header{"Accept": {manifestType}}
	answer := &status{header: http.Header{}, code: http.StatusOK}
	s.storage.ServeHTTP(answer, question)
	return answer.code != http.StatusNotFound
}

// make runs one command per image and waits for it; when all who wait have left, the command is stopped.
func (s *standins) make(ctx context.Context, reference string, how recipe) error {
	s.guard.Lock()
	one := s.making[reference]
	if one == nil {
		background, stop := context.WithCancel(context.Background())
		one = &making{stop: stop, ended: make(chan struct{})}
		s.making[reference] = one
		go s.run(background, reference, how, one)
	}
	one.waiting++
	s.guard.Unlock()
	select {
	case <-one.ended:
		return one.err
	case <-ctx.Done():
	}
	s.guard.Lock()
	defer s.guard.Unlock()
	if one.waiting--; one.waiting == 0 {
		one.stop()
		s.forget(reference, one)
	}
	return ctx.Err()
}

func (s *standins) run(ctx context.Context, reference string, how recipe, one *making) {
	defer one.stop()
	one.err = command(ctx, how, reference)
	close(one.ended)
	s.guard.Lock()
	defer s.guard.Unlock()
	s.forget(reference, one)
}

func (s *standins) forget(reference string, one *making) {
	if s.making[reference] == one {
		delete(s.making, reference)
	}
}

// command makes an image; what the command prints on standard output is why it failed.
func command(ctx context.Context, how recipe, reference string) error {
	log, err := os.OpenFile(how.Log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	maker := exec.CommandContext(ctx, how.Command[0], append(slices.Clone(how.Command[1:]), reference)...)
	maker.Env = how.Environment
	maker.Stderr = log
	maker.Cancel = func() error { return maker.Process.Signal(syscall.SIGTERM) }
	maker.WaitDelay = 20 * time.Second
	maker.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	runtime.LockOSThread() // the kernel takes the end of the starting thread for the parent's
	defer runtime.UnlockOSThread()
	output, err := maker.Output()
	if cause := strings.TrimSpace(string(output)); err != nil && cause != "" {
		return errors.New(cause)
	}
	return err
}

// refuse answers with the cause, in the status line, too: clients that ask for headers alone show nothing else.
func refuse(response http.ResponseWriter, request *http.Request, cause error) {
	problem := map[string]string{"code": "UNAVAILABLE", "message": cause.Error()}
	body, _ := json.Marshal(map[string]any{"errors": []any{problem}})
	line := strings.Join(strings.Fields(strings.ReplaceAll(cause.Error(), "\n", "; ")), " ")
	line = strings.Map(printable, line[:min(len(line), longest)])
	connection, _, err := http.NewResponseController(response).Hijack() // net/http writes its own words for a status
	if err != nil {
		http.Error(response, line, http.StatusBadGateway)
		return
	}
	defer connection.Close()
	fmt.Fprintf(connection, "HTTP/1.1 %d %s\r\n", http.StatusBadGateway, line)
	fmt.Fprintf(connection, "Content-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n", len(body))
	if request.Method != http.MethodHead {
		_, _ = connection.Write(body)
	}
}

func printable(char rune) rune {
	if unicode.IsControl(char) || char == utf8.RuneError {
		return -1
	}
	return char
}

// status is a response of which nothing but the status is kept.
type status struct {
	header http.Header
	code   int
}

func (s *status) Header() http.Header            { return s.header }
func (s *status) Write(data []byte) (int, error) { return len(data), nil }
func (s *status) WriteHeader(code int)           { s.code = code }
