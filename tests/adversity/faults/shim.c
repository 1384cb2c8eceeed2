/* Stands between a process and the C library, for the tests of the journal: it notes when journal segments are written
 * and synced and when a statement is sent to the database, remembers how much of each segment is surely on disk, and
 * can make syncs slow, the disk full, broken or read-only. A marker is "m_" and six digits, somewhere in what is written or sent.
 *
 *   SHIM_TRACE   the file to note in, a line an event:  J path end records… | S path records… | D path size |
 *                U port our-port messages…
 *                of records a dot and the number of each that begins, and the markers in it; S is what stands on a slate
 *                when something is sent, as whoever opens the file sees it, and did not the last time;
 *                of messages those that execute or are executed: Q and its markers, B and E with their marker, if any
 *   SHIM_SYNCED  a folder; by each segment's name and a process that synced it, how many of its bytes are on disk
 *   SHIM_SLOW    microseconds that each sync takes longer
 *   SHIM_FULL    a path; while it exists, no segment takes a byte more
 *   SHIM_BROKEN  a path; while it exists, no segment can be written, synced or made: the errno is the number in there
 *
 * A segment that has no name yet, NNNNNNNNNN.next, goes by the one that it will have. What is written of it ends where the
 * zeros begin: no record ends in one.
 *
 * The trace is one file opened to append and written in single writes: its order is the order of the events.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int named(const char *path, const char *end) {
    size_t size = strlen(path), more = strlen(end);
    return size > more && strcmp(path + size - more, end) == 0;
}

static int segment(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, 4095);
    if (size < 5) return 0;
    path[size] = 0;
    if (named(path, ".next")) strcpy(path + size - 5, ".seg");
    return named(path, ".seg");
}

static long long extent(int fd) { /* how far a segment is written: its writer's place, or else where the zeros begin */
    char part[4096];
    struct stat there;
    long long end = lseek(fd, 0, SEEK_CUR);
    if (end > 0 || fstat(fd, &there) != 0) return end;
    for (end = there.st_size; end > 0;) {
        size_t size = end < (long long)sizeof part ? (size_t)end : sizeof part;
        if (pread(fd, part, size, end - size) != (ssize_t)size) return 0;
        while (size > 0 && part[size - 1] == 0) size--, end--;
        if (size > 0) break;
    }
    return end;
}

static int upstream(int fd) { /* the port of the other side, where it is a TCP port */
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    if (getpeername(fd, (struct sockaddr *)&peer, &size) != 0) return 0;
    return peer.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)&peer)->sin_port) : 0;
}

static int ours(int fd) { /* the port of our side: what tells one connection from another */
    struct sockaddr_storage own;
    socklen_t size = sizeof own;
    if (getsockname(fd, (struct sockaddr *)&own, &size) != 0) return 0;
    return own.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)&own)->sin_port) : 0;
}

static void note(const char *line, size_t size) {
    static int trace = -1;
    static pid_t owner = 0;
    const char *path = getenv("SHIM_TRACE");
    if (path == NULL) return;
    if (owner != getpid()) trace = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600), owner = getpid();
    REAL(write)(trace, line, size);
}

static int marker(const char *at, const char *end) {
    if (at + 8 > end || at[0] != 'm' || at[1] != '_') return 0;
    for (int n = 2; n < 8; n++) if (at[n] < '0' || at[n] > '9') return 0;
    return 1;
}

/* Puts a letter before each marker that is in there, up to so many of them, and returns how much room that took. */
static size_t markers(char *out, size_t room, const char *at, size_t size, char before, int most) {
    size_t used = 0;
    const char *end = at + size;
    for (; most > 0 && at < end; at++) {
        if (!marker(at, end)) continue;
        if (used + 10 > room) break;
        out[used++] = ' ';
        out[used++] = before;
        memcpy(out + used, at, 8);
        used += 8;
        most--;
    }
    return used;
}

/* The number of a record that begins there, or -1. */
static long long number(const char *at, const char *end) {
    const char *said = memmem(at, end - at < 200 ? end - at : 200, "\"seq\":", 6);
    return said == NULL ? -1 : atoll(said + 6);
}

/* A dot and its number for each record of the journal that begins, and the markers in it. */
static size_t records(char *out, size_t room, const struct iovec *part) {
    size_t used = 0;
    const char *at = part->iov_base, *end = at + part->iov_len;
    for (; at < end && used + 24 <= room; at++) {
        if (marker(at, end)) {
            out[used] = ' ';
            memcpy(out + used + 1, at, 8);
            used += 9;
        } else if (at + 5 <= end && memcmp(at, "{\"v\":", 5) == 0) {
            used += snprintf(out + used, room - used, " .%lld", number(at, end));
        }
    }
    return used;
}

static char slate[4096]; /* the slate that this process has opened */

/* Notes what stands on the slate, frame behind frame, and was not there the last time. */
static void slated(void) {
    static char data[1 << 20], line[65536];
    static long long last = -1;
    int file = slate[0] == 0 || getenv("SHIM_TRACE") == NULL ? -1 : REAL(open)(slate, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    ssize_t size = read(file, data, sizeof data);
    close(file);
    size_t used = snprintf(line, 8192, "S %s", slate), before = used;
    long long expected = -1;
    for (const unsigned char *at = (unsigned char *)data, *end = at + (size < 0 ? 0 : size); at + 8 < end;) {
        size_t length = (size_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
        if (length == 0 || length > (size_t)(end - at - 8)) break;
        struct iovec record = {(void *)(at + 8), length};
        long long seq = number((const char *)at + 8, (const char *)at + 8 + length);
        if (seq < 0 || (expected >= 0 && seq != expected)) break; /* what an earlier page has left */
        if (seq > last) used += records(line + used, sizeof line - used - 2, &record), last = seq;
        expected = seq + 1;
        at += 8 + length;
    }
    if (used == before) return;
    line[used] = '\n';
    note(line, used + 1);
}

/* What of PostgreSQL's protocol executes, or will be executed; a sending begins with a whole message. */
static size_t messages(char *out, size_t room, const struct iovec *part) {
    size_t used = 0;
    const unsigned char *at = part->iov_base, *end = at + part->iov_len;
    while (at != NULL && at + 5 <= end) {
        size_t size = (size_t)at[1] << 24 | at[2] << 16 | at[3] << 8 | at[4];
        if (size < 4) break;
        size_t here = size - 4 < (size_t)(end - at - 5) ? size - 4 : (size_t)(end - at - 5);
        if (*at == 'Q') used += markers(out + used, room - used, (const char *)at + 5, here, 'Q', 1 << 20);
        if (*at == 'B' || *at == 'E') {
            size_t more = markers(out + used, room - used, (const char *)at + 5, here, *at, 1);
            if (more == 0 && used + 3 <= room) out[used] = ' ', out[used + 1] = *at, more = 2;
            used += more;
        }
        at += 1 + size;
    }
    return used;
}

/* Called before a write for sockets, and after it for segments. */
static void told(int fd, const struct iovec *parts, int count, int sent) {
    char line[65536], path[4096];
    size_t used, more = 0;
    if (sent) {
        int port = upstream(fd);
        if (port == 0) return;
        slated();
        used = snprintf(line, 64, "U %d %d", port, ours(fd));
    } else {
        if (!segment(fd, path)) return;
        used = snprintf(line, 8192, "J %s %lld", path, (long long)lseek(fd, 0, SEEK_CUR));
    }
    for (int n = 0; n < count; n++) {
        size_t room = sizeof line - used - more - 2;
        if (sent) more += messages(line + used + more, room, parts + n);
        else more += records(line + used + more, room, parts + n);
    }
    if (memchr(line + used, 'm', more) == NULL && !(sent && more > 0)) return;
    line[used + more] = '\n';
    note(line, used + more + 1);
}

static int broken(void) { /* the errno that whatever is done to a segment meets now, or nought */
    const char *flag = getenv("SHIM_BROKEN");
    char number[16] = "";
    int file = flag == NULL ? -1 : REAL(open)(flag, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t size = read(file, number, sizeof number - 1);
    close(file);
    return size > 0 ? atoi(number) : 0;
}

static int refused(int fd) { /* the errno of a write to that file, or nought */
    char path[4096];
    const char *flag = getenv("SHIM_FULL");
    if (!segment(fd, path)) return 0;
    return flag != NULL && access(flag, F_OK) == 0 ? ENOSPC : broken();
}

/* A file that is made, and is a segment, is one that the disk may refuse. */
static int opened(const char *path, int flags, mode_t mode, int (*real)(const char *, int, ...)) {
    int fault = (flags & O_CREAT) && (named(path, ".seg") || named(path, ".next")) ? broken() : 0;
    if ((flags & O_CREAT) && named(path, "/slate")) snprintf(slate, sizeof slate, "%s", path);
    return fault ? (errno = fault, -1) : real(path, flags, mode);
}

static mode_t mode_of(int flags, va_list more) { return flags & O_CREAT ? va_arg(more, mode_t) : 0; }

int open(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = mode_of(flags, more);
    va_end(more);
    return opened(path, flags, mode, REAL(open));
}

int open64(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = mode_of(flags, more);
    va_end(more);
    return opened(path, flags, mode, REAL(open64));
}

static int is_socket(int fd) {
    struct stat what;
    return fstat(fd, &what) == 0 && S_ISSOCK(what.st_mode);
}

ssize_t write(int fd, const void *data, size_t size) {
    struct iovec part = {(void *)data, size};
    int sent = is_socket(fd), fault = 0;
    if (sent) told(fd, &part, 1, 1);
    else if ((fault = refused(fd)) != 0) return errno = fault, -1;
    ssize_t done = REAL(write)(fd, data, size);
    if (!sent && done > 0) told(fd, &part, 1, 0);
    return done;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    int sent = is_socket(fd), fault = 0;
    if (sent) told(fd, parts, count, 1);
    else if ((fault = refused(fd)) != 0) return errno = fault, -1;
    ssize_t done = REAL(writev)(fd, parts, count);
    if (!sent && done > 0) told(fd, parts, count, 0);
    return done;
}

ssize_t send(int fd, const void *data, size_t size, int flags) {
    struct iovec part = {(void *)data, size};
    told(fd, &part, 1, 1);
    return REAL(send)(fd, data, size, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    told(fd, message->msg_iov, message->msg_iovlen, 1);
    return REAL(sendmsg)(fd, message, flags);
}

static int synced(int fd, int (*real)(int)) {
    char path[4096], line[8192], beside[8192 + 16], number[32];
    int ours = segment(fd, path);
    long long before = ours ? extent(fd) : 0;
    const char *slow = getenv("SHIM_SLOW"), *folder = getenv("SHIM_SYNCED");
    int fault = ours ? broken() : 0;
    if (fault) return errno = fault, -1;
    if (ours && slow != NULL) usleep(atoi(slow));
    int done = real(fd);
    if (!ours || done != 0) return done;
    /* What was there before the call began is on disk; what came meanwhile may be. */
    if (folder != NULL) {
        size_t at = snprintf(beside, sizeof beside, "%s/", folder);
        for (const char *c = path; *c && at < sizeof beside - 16; c++) beside[at++] = *c == '/' ? '%' : *c;
        snprintf(beside + at, sizeof beside - at, ".%d", getpid()); /* two may sync it, and the slower has seen less */
        int file = open(beside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (file >= 0) {
            pwrite(file, number, snprintf(number, sizeof number, "%020lld", before), 0);
            close(file);
        }
    }
    note(line, snprintf(line, sizeof line, "D %s %lld\n", path, before));
    return done;
}

int fsync(int fd) { return synced(fd, REAL(fsync)); }
int fdatasync(int fd) { return synced(fd, REAL(fdatasync)); }
