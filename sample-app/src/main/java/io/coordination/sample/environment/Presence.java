package io.coordination.sample.environment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A locked file that says that somebody is there. The operating system frees it when the
 * process dies. To be used by one process at a time, see {@link StartLock}.
 */
final class Presence implements AutoCloseable {

	// A process that opened and closed a file of its own once more would free the lock
	private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

	private final Path file;

	private final FileChannel channel;

	private Presence(Path file, FileChannel channel) {
		this.file = file;
		this.channel = channel;
	}

	/**
	 * Says that somebody is there.
	 * @param file what stands for it, in a directory that is made if there is none
	 * @return what ends it
	 */
	static Presence announce(Path file) {
		try {
			Files.createDirectories(file.getParent());
			FileChannel channel = open(file);
			if (channel.tryLock() == null) {
				channel.close();
				throw new IllegalStateException("Another process has locked " + file);
			}
			OWN.add(file);
			return new Presence(file, channel);
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Cannot lock " + file, ex);
		}
	}

	/**
	 * Whether somebody is there.
	 * @param file what stands for it
	 * @return whether it is locked
	 */
	static boolean isAnnounced(Path file) {
		if (OWN.contains(file)) {
			return true;
		}
		if (!Files.exists(file)) {
			return false;
		}
		try (FileChannel channel = open(file); FileLock lock = channel.tryLock()) {
			return lock == null;
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Cannot look at " + file, ex);
		}
	}

	/**
	 * Whether anybody is there.
	 * @param directory where the files are
	 * @return whether one of them is locked
	 */
	static boolean isAnyAnnounced(Path directory) {
		if (!Files.exists(directory)) {
			return false;
		}
		try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
			for (Path file : files) {
				if (isAnnounced(file)) {
					return true;
				}
			}
			return false;
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Cannot look into " + directory, ex);
		}
	}

	private static FileChannel open(Path file) throws IOException {
		return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
	}

	@Override
	public void close() {
		try {
			this.channel.close();
			Files.deleteIfExists(this.file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Cannot unlock " + this.file, ex);
		}
		finally {
			OWN.remove(this.file);
		}
	}

}
