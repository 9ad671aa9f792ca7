//go:build !unix || solaris || aix

package store

import "os"

// lock does nothing here: that one process has the file is the caller's care.
func lock(*os.File) error { return nil }
