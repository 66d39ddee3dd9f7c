package io.coordination.sample.environment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

import org.jspecify.annotations.Nullable;

import org.springframework.util.FileSystemUtils;

/**
 * Where the shared ZooKeeper keeps its data, and where the instances and the server find
 * each other. All of it but the log is removed when the server ends.
 *
 * @param directory the directory that the instances share
 */
record ZookeeperHome(Path directory) {

	private Path path() {
		return this.directory.resolve("zookeeper");
	}

	/** Stands for the server. */
	Path server() {
		return path().resolve("server");
	}

	/** Stands for the instances: a file each. */
	Path instances() {
		return path().resolve("instances");
	}

	Path data() {
		return path().resolve("data");
	}

	Path log() {
		return this.directory.resolve("zookeeper.log");
	}

	StartLock startLock() {
		return new StartLock(this.directory, "zookeeper");
	}

	/**
	 * The address of the server.
	 * @return the address, or {@code null} if there is none yet
	 */
	@Nullable String address() {
		try {
			return Files.exists(addressFile()) ? Files.readString(addressFile()) : null;
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Cannot read " + addressFile(), ex);
		}
	}

	/**
	 * Tells the instances the address of the server, all of it at once.
	 * @param address the address
	 */
	void write(String address) {
		try {
			Path written = Files.writeString(path().resolve("address.new"), address);
			Files.move(written, addressFile(), StandardCopyOption.ATOMIC_MOVE);
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Cannot write " + addressFile(), ex);
		}
	}

	/**
	 * Makes room for a server.
	 * @throws IOException if that is impossible
	 */
	void prepare() throws IOException {
		Files.createDirectories(data());
		Files.deleteIfExists(addressFile());
	}

	void remove() {
		try {
			FileSystemUtils.deleteRecursively(path());
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Cannot remove " + path(), ex);
		}
	}

	/**
	 * What the server has said, for an error message.
	 * @return its log, or why there is none
	 */
	String logged() {
		try {
			return Files.readString(log()).strip();
		}
		catch (IOException ex) {
			return "it wrote no log (" + ex.getMessage() + ")";
		}
	}

	private Path addressFile() {
		return path().resolve("address");
	}

}
