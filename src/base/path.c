/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */
#include "base/path.h"

#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

char *
path_join(struct mem *mem, const char *dir, const char *name)
{
	size_t len = strlen(dir);

	if (len == 0)
		return mem_strdup(mem, name);
	while (len > 0 && dir[len - 1] == '/')
		len--;
	while (*name == '/')
		name++;
	return mem_printf(mem, "%.*s/%s", (int)len, dir, name);
}

const char *
path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

bool
path_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool
path_is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

int
path_sync_dir(const char *path)
{
	int fd, rc = 0;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		rc = err_set(E_IO, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return rc;
}

/* The mode is not left to mkdir(2): the umask is not ours to know. */
static int
make_dir(const char *path, mode_t mode)
{
	if (mkdir(path, mode) == 0 && chmod(path, mode) == 0)
		return 0;
	/* Somebody else may have been faster. */
	if (errno == EEXIST && path_is_dir(path))
		return 0;
	return err_set(E_IO, "%s: %s", path, strerror(errno));
}

/* The folder that `path`, without a slash behind it, is in. */
static const char *
parent_of(struct mem *mem, const char *path)
{
	size_t len = (size_t)(path_base(path) - path);

	if (len == 0)
		return ".";
	while (len > 1 && path[len - 1] == '/')
		len--;
	return mem_strndup(mem, path, len);
}

static int
make_with_parents(struct mem *mem, const char *path, mode_t mode)
{
	const char *parent = parent_of(mem, path);
	int rc = 0;

	if (path_is_dir(path))
		return 0;
	if (!path_is_dir(parent))
		rc = make_with_parents(mem, parent, mode);
	if (rc == 0)
		rc = make_dir(path, mode);
	return rc == 0 ? path_sync_dir(parent) : rc;
}

int
path_make_dirs(const char *path, mode_t mode)
{
	size_t len = strlen(path);
	struct mem *mem;
	int rc;

	/* It also bounds how deep the calls below nest. */
	if (len >= PATH_MAX)
		return err_set(E_IO, "%.40s…: path too long", path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	mem = mem_new();
	rc = make_with_parents(mem, mem_strndup(mem, path, len), mode);
	mem_free(mem);
	return rc;
}

/* Types of FUSE mounts that keep their files on this machine. */
static const char *const local_fuse[] = {
	"fuseblk",
	"fuse.bindfs",
	"fuse.encfs",
	"fuse.fuse-overlayfs",
	"fuse.gocryptfs",
	"fuse.lxcfs",
	"fuse.mergerfs",
	"fuse.unionfs",
};

static bool
is_local_fuse(const char *type)
{
	size_t i;

	for (i = 0; i < sizeof(local_fuse) / sizeof(local_fuse[0]); i++)
		if (strcmp(type, local_fuse[i]) == 0)
			return true;
	return false;
}

/*
 * The type of the mount with that device number, from a line of
 * /proc/self/mountinfo (proc_pid_mountinfo(5)): "36 35 98:0 … - ext4 …".
 */
static bool
mount_type(const char *line, dev_t dev, char type[64])
{
	const char *dash = strstr(line, " - ");
	unsigned major_no, minor_no;

	return dash != NULL &&
	    sscanf(line, "%*u %*u %u:%u", &major_no, &minor_no) == 2 &&
	    makedev(major_no, minor_no) == dev &&
	    sscanf(dash, " - %63s", type) == 1;
}

/* A FUSE mount that cannot be told counts as far away. */
static int
is_network_fuse(const char *path)
{
	char *line = NULL, type[64] = "fuse";
	size_t size = 0;
	struct stat st;
	FILE *f;

	if (stat(path, &st) != 0)
		return err_set(E_IO, "%s: %s", path, strerror(errno));
	f = fopen("/proc/self/mountinfo", "re");
	if (f == NULL)
		return 1;
	while (getline(&line, &size, f) > 0)
		if (mount_type(line, st.st_dev, type))
			break;
	free(line);
	fclose(f);
	return !is_local_fuse(type);
}

int
path_is_network(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs) != 0)
		return err_set(E_IO, "%s: %s", path, strerror(errno));
	/* The low 32 bits: some of these are negative as a long. */
	switch ((unsigned)fs.f_type) {
	case NFS_SUPER_MAGIC:
	case SMB_SUPER_MAGIC:
	case 0xff534d42: /* CIFS */
	case 0xfe534d42: /* SMB2 */
	case AFS_SUPER_MAGIC:
	case 0x6b414653: /* the kernel's own AFS */
	case CODA_SUPER_MAGIC:
	case 0x00c36400: /* Ceph */
	case 0x0bd00bd0: /* Lustre */
	case 0x47504653: /* GPFS */
	case V9FS_MAGIC:
		return 1;
	case 0x65735546: /* FUSE */
		return is_network_fuse(path);
	default:
		return 0;
	}
}

int
path_self(struct mem *mem, char **path)
{
	char text[4097];
	ssize_t len = readlink("/proc/self/exe", text, sizeof(text));

	if (len < 0)
		return err_set(E_IO, "/proc/self/exe: %s", strerror(errno));
	if (len == sizeof(text))
		return err_set(E_IO, "/proc/self/exe: path too long");
	*path = mem_strndup(mem, text, (size_t)len);
	return 0;
}

int
path_program(struct mem *mem, const char *name, char **path)
{
	static const char *const beside[] = { "", "../hub/", "../tool/",
		"../respond/" };
	static const char *const installed[] = { LIBEXECDIR "/stemma", BINDIR };
	char *self;
	size_t i;
	int rc;

	if ((rc = path_self(mem, &self)) != 0)
		return rc;
	self[path_base(self) - self] = '\0';
	for (i = 0; i < sizeof(beside) / sizeof(*beside); i++) {
		*path = mem_printf(mem, "%s%s%s", self, beside[i], name);
		if (access(*path, X_OK) == 0)
			return 0;
	}
	for (i = 0; i < sizeof(installed) / sizeof(*installed); i++) {
		*path = path_join(mem, installed[i], name);
		if (access(*path, X_OK) == 0)
			return 0;
	}
	return err_set(E_ABSENT, "the program %s is neither in %s nor in %s",
	    name, self, LIBEXECDIR "/stemma");
}
