// Package distconsts stands in for the engine's own module of build constants,
// which no Go proxy serves: names and paths of the root file system that airgap makes.
package distconsts

const (
	EngineContainerName    = "dagger-engine.dev"
	DefaultEngineSockAddr  = "unix:///run/dagger/engine.sock"
	RuncPath               = "/usr/local/bin/runc"
	DaggerInitPath         = "/usr/local/bin/dagger-init"
	TiniPath               = "/usr/local/bin/tini"
	EngineDefaultStateDir  = "/var/lib/dagger"
	EngineCustomCACertsDir = "/usr/local/share/ca-certificates"
	OCIVersionAnnotation   = "org.opencontainers.image.version"

	EngineContainerBuiltinContentDir   = "/usr/local/share/dagger/content"
	GoSDKManifestDigestEnvName         = "DAGGER_GO_SDK_MANIFEST_DIGEST"
	PythonSDKManifestDigestEnvName     = "DAGGER_PYTHON_SDK_MANIFEST_DIGEST"
	TypescriptSDKManifestDigestEnvName = "DAGGER_TYPESCRIPT_SDK_MANIFEST_DIGEST"

	AlpineVersion  = "3.23"
	AlpineImage    = "alpine:3.23"
	GolangVersion  = "1.26"
	GolangImage    = "golang:1.26-alpine"
	BusyboxVersion = "1.37.0"
	BusyboxImage   = "busybox:1.37.0"
)
