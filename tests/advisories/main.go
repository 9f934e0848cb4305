// Command advisories writes a vulnerability database as Trivy reads it, from a list of advisories:
//
//	advisories ADVISORIES.json FOLDER UPDATED
//
// FOLDER gets trivy.db and metadata.json, written by Trivy's own library; UPDATED (RFC 3339) is their time.
// The same list and time give the same bytes.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/aquasecurity/trivy-db/pkg/db"
	"github.com/aquasecurity/trivy-db/pkg/ecosystem"
	"github.com/aquasecurity/trivy-db/pkg/metadata"
	"github.com/aquasecurity/trivy-db/pkg/types"
	"github.com/aquasecurity/trivy-db/pkg/vulnsrc/vulnerability"
	bolt "go.etcd.io/bbolt"
)

// An advisory says which versions of a package have a vulnerability.
type advisory struct {
	ID         string   `json:"id"`
	Ecosystem  string   `json:"ecosystem"`
	Package    string   `json:"package"`    // of Debian a source package
	Vulnerable []string `json:"vulnerable"` // ranges; Python only
	Patched    []string `json:"patched"`    // versions; Python only
	Fixed      string   `json:"fixed"`      // the first sound version, empty if there is none; Debian only
	Severity   string   `json:"severity"`
	Title      string   `json:"title"`
}

// A feed is where Trivy looks for the advisories of an ecosystem. Its sources are the real ones, because
// the severity that Trivy reports is the one of the advisory's own source.
type feed struct {
	ecosystem ecosystem.Type
	bucket    string
	source    types.DataSource
}

var (
	github = types.DataSource{
		ID:   vulnerability.GHSA,
		Name: "GitHub Security Advisory pip",
		URL:  "https://github.com/advisories?query=type%3Areviewed+ecosystem%3Apip",
	}
	debian = types.DataSource{
		ID:   vulnerability.Debian,
		Name: "Debian Security Tracker",
		URL:  "https://salsa.debian.org/security-tracker-team/security-tracker",
	}
	feeds = map[string]feed{
		"pip":       {ecosystem.Pip, "pip::" + github.Name, github},
		"debian 12": {ecosystem.Debian, "debian 12", debian},
		"debian 13": {ecosystem.Debian, "debian 13", debian},
	}
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: advisories ADVISORIES.json FOLDER UPDATED")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "advisories:", err)
		os.Exit(1)
	}
}

func run(list, folder, updated string) error {
	at, err := time.Parse(time.RFC3339, updated)
	if err != nil {
		return fmt.Errorf("UPDATED: %w", err)
	}
	advisories, err := read(list)
	if err != nil {
		return fmt.Errorf("%s: %w", list, err)
	}
	if err := write(folder, advisories); err != nil {
		return fmt.Errorf("%s: %w", db.Path(folder), err)
	}
	return metadata.NewClient(folder).Update(metadata.Metadata{
		Version:      db.SchemaVersion,
		UpdatedAt:    at.UTC(),
		NextUpdate:   at.UTC().AddDate(0, 0, 1),
		DownloadedAt: at.UTC(),
	})
}

// read returns a file's advisories; its errors name the first entry that is wrong.
func read(list string) ([]advisory, error) {
	content, err := os.ReadFile(list)
	if err != nil {
		return nil, err
	}
	var entries []json.RawMessage
	if err := json.Unmarshal(content, &entries); err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, errors.New("no advisory in it; Trivy can't read a database without any")
	}
	advisories := make([]advisory, len(entries))
	for i, entry := range entries {
		a := &advisories[i]
		decoder := json.NewDecoder(bytes.NewReader(entry))
		decoder.DisallowUnknownFields()
		err := decoder.Decode(a)
		if err == nil {
			err = a.check(advisories[:i])
		}
		if err != nil {
			return nil, fmt.Errorf("entry %d (%q): %w", i+1, a.ID, err)
		}
	}
	return advisories, nil
}

// check returns what is wrong with an advisory, alone or beside those before it.
func (a advisory) check(before []advisory) error {
	_, known := feeds[a.Ecosystem]
	severity, err := types.NewSeverity(a.Severity)
	switch {
	case a.ID == "" || a.Package == "" || a.Title == "":
		return errors.New("id, package or title is missing")
	case !known:
		return fmt.Errorf("ecosystem %q: expected pip, debian 12 or debian 13", a.Ecosystem)
	case err != nil || severity == types.SeverityUnknown:
		return fmt.Errorf("severity %q: expected LOW, MEDIUM, HIGH or CRITICAL", a.Severity)
	case a.Ecosystem == "pip" && (len(a.Vulnerable) == 0 || a.Fixed != ""):
		return errors.New(`a Python package needs "vulnerable" (">=0" is every version), and has no "fixed"`)
	case a.Ecosystem != "pip" && len(a.Vulnerable)+len(a.Patched) > 0:
		return errors.New(`a Debian package has "fixed", neither "vulnerable" nor "patched"`)
	}
	for _, other := range before {
		switch {
		case a.ID != other.ID:
		case a.Severity != other.Severity || a.Title != other.Title:
			return errors.New("another severity or title than an entry before it with this id")
		case a.Ecosystem == other.Ecosystem && a.Package == other.Package:
			return errors.New("an entry before it has this id and package")
		}
	}
	return nil
}

// write makes the database anew.
func write(folder string, advisories []advisory) (err error) {
	if err := os.Remove(db.Path(folder)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// By default pages are as large as this machine's, and each transaction waits for the disk.
	if err := db.Init(folder, db.WithBoltOptions(&bolt.Options{PageSize: 4096, NoSync: true})); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	details := map[string]map[types.SourceID]types.VulnerabilityDetail{}
	for _, a := range advisories {
		if details[a.ID] == nil {
			details[a.ID] = map[types.SourceID]types.VulnerabilityDetail{}
		}
		if err := put(a, feeds[a.Ecosystem], details[a.ID]); err != nil {
			return fmt.Errorf("%s: %w", a.ID, err)
		}
	}
	return nil
}

// put adds an advisory, and to what its id's sources say. Buckets that one transaction changes side by side
// get their pages in random order, so each is changed by a transaction of its own.
func put(a advisory, to feed, details map[types.SourceID]types.VulnerabilityDetail) error {
	severity, _ := types.NewSeverity(a.Severity) // check has seen to the error
	found := types.Advisory{VulnerableVersions: a.Vulnerable, PatchedVersions: a.Patched, FixedVersion: a.Fixed}
	if to.source.ID == vulnerability.Debian {
		found.Severity = severity // Debian has one for each package
	}
	details[to.source.ID] = types.VulnerabilityDetail{Severity: severity, Title: a.Title, Description: a.Title}

	dbc := db.Config{}
	name := vulnerability.NormalizePkgName(to.ecosystem, a.Package)
	joined := vulnerability.New(dbc).Normalize(a.ID, details)
	for _, change := range [...]func(*bolt.Tx) error{
		func(tx *bolt.Tx) error { return dbc.PutDataSource(tx, to.bucket, to.source) },
		func(tx *bolt.Tx) error { return dbc.PutAdvisory(tx, []string{to.bucket, name}, a.ID, &found) },
		func(tx *bolt.Tx) error { return dbc.PutVulnerability(tx, a.ID, joined) },
	} {
		if err := dbc.Connection().Update(change); err != nil {
			return err
		}
	}
	return nil
}
