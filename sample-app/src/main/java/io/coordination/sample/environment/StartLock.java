package io.coordination.sample.environment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Lets one process at a time start, join or stop a shared server. The operating system
 * frees it when a process dies.
 */
final class StartLock {

	// A file lock belongs to the whole JVM
	private static final ReentrantLock IN_THIS_JVM = new ReentrantLock();

	private final Path file;

	StartLock(Path directory, String server) {
		this.file = directory.resolve(server + ".lock");
	}

	<T> T call(Supplier<T> action) {
		IN_THIS_JVM.lock();
		try (FileChannel channel = FileChannel.open(this.file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
				FileLock lock = channel.lock()) {
			if (!lock.isValid()) {
				throw new IllegalStateException("The lock on " + this.file + " is not valid");
			}
			return action.get();
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Cannot lock " + this.file, ex);
		}
		finally {
			IN_THIS_JVM.unlock();
		}
	}

}
