// Command registry serves one folder of OCI layouts as a registry, on each of the addresses given to it:
//
//	registry FOLDER RECIPE ADDRESS...
//
// RECIPE is a file that says which images can be made when they are first pulled, and by which command. It is olareg's own server behind several listeners: two olareg processes on one folder would overwrite
// each other's index.json.
package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/olareg/olareg"
	"github.com/olareg/olareg/config"
)

func main() {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if len(os.Args) < 4 {
		log.Error("usage: registry FOLDER RECIPE ADDRESS...")
		os.Exit(2)
	}
	if err := serve(log, os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		log.Error("registry ended", "err", err)
		os.Exit(1)
	}
}

func serve(log *slog.Logger, folder, recipe string, addresses []string) error {
	deletable := true
	registry := olareg.New(config.Config{
		Storage: config.ConfigStorage{StoreType: config.StoreDir, RootDir: folder},
		API:     config.ConfigAPI{DeleteEnabled: &deletable},
		Log:     log,
	})
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	server := &http.Server{
		Handler:           &standins{storage: registry, recipe: recipe, log: log, making: map[string]*making{}},
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx }, // who waits for an image leaves at the end
	}
	ended := make(chan error, len(addresses))
	for _, address := range addresses {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		log.Info("listening", "address", address)
		go func() { ended <- server.Serve(listener) }()
	}
	var failed error
	select {
	case failed = <-ended:
	case <-ctx.Done():
	}
	stopping, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	return errors.Join(failed, server.Shutdown(stopping), registry.Close())
}
