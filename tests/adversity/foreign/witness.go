// A witness (C2SP tlog-witness) whose judgement is the Go team's code: note.Open for the log's signature,
// tlog.CheckTree for the proof. It listens on a port of its choice, prints its address and its verifier key, and keeps
// what it saw in memory. One log.
//
//	witness NAME ORIGIN-VKEY
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var (
	lock sync.Mutex
	seen tlog.Tree
)

func main() {
	name, vkey := os.Args[1], os.Args[2]
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		panic(err)
	}
	public, private, _ := ed25519.GenerateKey(rand.Reader)
	key := append([]byte{4}, public...)
	hash := sha256.Sum256(append([]byte(name+"\n"), key...))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("http://%s/ %s+%x+%s\n", listener.Addr(), name, hash[:4], base64.StdEncoding.EncodeToString(key))
	http.HandleFunc("/add-checkpoint", func(w http.ResponseWriter, r *http.Request) {
		lock.Lock()
		defer lock.Unlock()
		body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		status, text, err := judge(body, verifier)
		if err != nil {
			if status == http.StatusConflict {
				w.Header().Set("Content-Type", "text/x.tlog.size")
			}
			w.WriteHeader(status)
			fmt.Fprintln(w, err)
			return
		}
		now := time.Now().Unix()
		signature := ed25519.Sign(private, []byte(fmt.Sprintf("cosignature/v1\ntime %d\n%s", now, text)))
		blob := append([]byte{}, hash[:4]...)
		blob = binary.BigEndian.AppendUint64(blob, uint64(now))
		fmt.Fprintf(w, "\u2014 %s %s\n", name, base64.StdEncoding.EncodeToString(append(blob, signature...)))
	})
	panic(http.Serve(listener, nil))
}

func judge(body []byte, verifier note.Verifier) (int, string, error) {
	head, rest, found := bytes.Cut(body, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	var old int64
	if _, err := fmt.Sscanf(lines[0], "old %d", &old); err != nil || !found {
		return 400, "", errors.New("malformed")
	}
	var proof tlog.TreeProof
	for _, line := range lines[1:] {
		step, err := tlog.ParseHash(line)
		if err != nil {
			return 400, "", err
		}
		proof = append(proof, step)
	}
	signed, err := note.Open(rest, note.VerifierList(verifier))
	if err != nil {
		return 403, "", err
	}
	first, after, _ := strings.Cut(signed.Text, "\n")
	if first != verifier.Name() {
		return 404, "", errors.New("unknown log")
	}
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + after))
	if err != nil || old > tree.N {
		return 400, "", errors.New("malformed")
	}
	if old != seen.N {
		return 409, "", fmt.Errorf("%d", seen.N)
	}
	switch {
	case seen.N == 0 && len(proof) == 0: // the first we hear of it
	case seen.N == tree.N:
		if tree.Hash != seen.Hash {
			return 422, "", errors.New("another tree of this size")
		}
	default:
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, seen.N, seen.Hash); err != nil {
			return 422, "", err
		}
	}
	seen = tree
	return 200, signed.Text, nil
}
