<?php
// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors
//
// SabreDAV over a folder of the disk, behind php-fpm: the engine of Nextcloud
// and ownCloud, which have node classes of their own.  ROOT, RUN, LOGIN and
// PASSWORD come from the web server.

error_reporting(0); // Debian's version is older than its PHP
ini_set('display_errors', '0');
require '/usr/share/php/Sabre/autoload.php';

use Sabre\DAV;

// Files of this version have no ETag.
class Leaf extends DAV\FS\File
{
	public function getETag()
	{
		$s = stat($this->path);
		return '"' . sha1($s['ino'] . $s['size'] . $s['mtime']) . '"';
	}
}

class Folder extends DAV\FS\Directory
{
	public function getChild($name)
	{
		$path = $this->path . '/' . $name;
		clearstatcache();
		if (!file_exists($path))
			throw new DAV\Exception\NotFound($name . ' is not there');
		return is_dir($path) ? new Folder($path) : new Leaf($path);
	}

	public function childExists($name)
	{
		clearstatcache();
		return file_exists($this->path . '/' . $name);
	}
}

class Door extends DAV\Auth\Backend\AbstractBasic
{
	protected function validateUserPass($name, $password)
	{
		return $name === $_SERVER['LOGIN'] &&
			hash_equals($_SERVER['PASSWORD'], $password);
	}
}

set_time_limit(0);
$server = new DAV\Server(new Folder($_SERVER['ROOT']));
$server->setBaseUri('/');
$server->addPlugin(new DAV\Auth\Plugin(new Door(), 'test'));
$server->addPlugin(new DAV\Locks\Plugin(
	new DAV\Locks\Backend\File($_SERVER['RUN'] . '/locks')));
$server->exec();
