package io.coordination.redis;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;

import redis.embedded.core.ExecutableProvider;

import org.springframework.util.StringUtils;

/**
 * What starts a Redis on this machine: the command that was given, or one on the PATH, or
 * the executable in a test dependency.
 */
final class RedisExecutable {

	private static final boolean WINDOWS = File.separatorChar == '\\';

	private RedisExecutable() {
	}

	/**
	 * The command, to which options can be added.
	 */
	static List<String> command() {
		String given = System.getProperty("coordination.test.redis-server");
		if (given != null) {
			return List.of(StringUtils.tokenizeToStringArray(given, " "));
		}
		String path = System.getenv().getOrDefault("PATH", "");
		for (String name : List.of("redis-server", "valkey-server")) {
			for (String folder : List.of(path.split(File.pathSeparator, -1))) {
				File file = new File(folder, WINDOWS ? name + ".exe" : name);
				if (file.canExecute()) {
					return List.of(file.getPath());
				}
			}
		}
		return List.of(Embedded.EXECUTABLE.getPath());
	}

	/**
	 * The command of the oldest version that locks are tried with.
	 */
	static List<String> oldest() {
		return List.of(Embedded.EXECUTABLE.getPath());
	}

	private static final class Embedded {

		static final File EXECUTABLE = unpack();

		private static File unpack() {
			try {
				File folder = Files.createTempDirectory("redis-server-").toFile();
				folder.deleteOnExit();
				File file = ExecutableProvider.newJarResourceProvider(folder).get();
				file.deleteOnExit();
				return file;
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

	}

}
