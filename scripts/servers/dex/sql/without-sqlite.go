package sql

import (
	"errors"
	"log/slog"

	"github.com/dexidp/dex/storage"
)

// SQLite3 stands where Dex's command names it: the real one needs cgo, and with that everything that Kubernetes has
// compiled already is compiled again. Twofold's tests store in memory.
type SQLite3 struct {
	File string `json:"file"`
}

// Open always fails.
func (*SQLite3) Open(*slog.Logger) (storage.Storage, error) {
	return nil, errors.New("this Dex is built without SQLite")
}
