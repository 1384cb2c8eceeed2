// Checks a log written by Proctor with the Go team's own code (golang.org/x/mod/sumdb): the checkpoint's signature,
// every entry against its tile and the signed root, and that the tree contains an earlier one.
//
//	verify LOG VKEY [EARLIER-CHECKPOINT]
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type files struct{ folder string }

func (files) Height() int { return 8 }

func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		// The Go project's paths carry the height (tile/8/0/000), C2SP's do not (tile/0/000).
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(f.folder, path))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func (files) SaveTiles([]tlog.Tile, [][]byte) {}

func must(err error) {
	if err != nil {
		fmt.Println("FAIL", err)
		os.Exit(1)
	}
}

func checkpoint(path, vkey string) tlog.Tree {
	verifier, err := note.NewVerifier(vkey)
	must(err)
	data, err := os.ReadFile(path)
	must(err)
	signed, err := note.Open(data, note.VerifierList(verifier))
	must(err)
	// tlog.ParseTree wants the Go project's own first line.
	lines := strings.SplitN(signed.Text, "\n", 2)
	if lines[0] != verifier.Name() {
		must(fmt.Errorf("the checkpoint is of %q", lines[0]))
	}
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + lines[1]))
	must(err)
	return tree
}

func main() {
	folder, vkey := os.Args[1], os.Args[2]
	tree := checkpoint(filepath.Join(folder, "checkpoint"), vkey)
	reader := tlog.TileHashReader(tree, files{folder})
	var bundle []byte
	var hashes []tlog.Hash
	for index := int64(0); index < tree.N; index++ {
		if index%256 == 0 {
			width := int64(256)
			if tree.N-index < width {
				width = tree.N - index
			}
			path := tlog.Tile{H: 8, L: -1, N: index / 256, W: int(width)}.Path()
			data, err := os.ReadFile(filepath.Join(folder, strings.Replace(path, "tile/8/data/", "tile/entries/", 1)))
			must(err)
			bundle = data
			var places []int64
			for place := index; place < index+width; place++ {
				places = append(places, tlog.StoredHashIndex(0, place))
			}
			hashes, err = reader.ReadHashes(places)
			must(err)
		}
		length := binary.BigEndian.Uint16(bundle)
		entry := bundle[2 : 2+length]
		bundle = bundle[2+length:]
		if hashes[index%256] != tlog.RecordHash(entry) {
			must(fmt.Errorf("entry %d hash mismatch", index))
		}
		if index%997 == 0 || index == tree.N-1 {
			proof, err := tlog.ProveRecord(tree.N, index, reader)
			must(err)
			must(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)))
		}
	}
	if len(os.Args) > 3 {
		earlier := checkpoint(os.Args[3], vkey)
		proof, err := tlog.ProveTree(tree.N, earlier.N, reader)
		must(err)
		must(tlog.CheckTree(proof, tree.N, tree.Hash, earlier.N, earlier.Hash))
	}
	fmt.Println("OK", tree.N)
}
