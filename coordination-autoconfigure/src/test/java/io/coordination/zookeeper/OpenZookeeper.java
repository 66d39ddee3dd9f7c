package io.coordination.zookeeper;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;

import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.server.ContainerManager;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;
import org.springframework.util.FileSystemUtils;

/**
 * A ZooKeeper in this process whose insides can be reached: what it stores, and the check
 * for empty containers, which runs when it is told to.
 */
final class OpenZookeeper implements AutoCloseable {

	private final Path directory;

	private final Server server;

	private final ServerCnxnFactory connections;

	private OpenZookeeper(Path directory) throws IOException, InterruptedException {
		this.directory = directory;
		this.server = new Server(directory.toFile());
		this.connections = ServerCnxnFactory.createFactory(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
				200);
		this.connections.startup(this.server);
	}

	static OpenZookeeper start() throws IOException, InterruptedException {
		return new OpenZookeeper(Files.createTempDirectory("zookeeper-"));
	}

	String address() {
		return "127.0.0.1:" + port();
	}

	int port() {
		return this.connections.getLocalPort();
	}

	DataTree tree() {
		return this.server.getZKDatabase().getDataTree();
	}

	/**
	 * Sets what the next sequential child of a node is numbered with.
	 */
	void setNextSequence(String path, int next) throws KeeperException {
		long zxid = this.server.getZKDatabase().getDataTreeLastProcessedZxid();
		tree().setCversionPzxid(path, next, zxid);
	}

	/**
	 * Removes the containers that are empty now, as the server does every minute. Those
	 * above them are empty the next time.
	 */
	void checkContainers() throws InterruptedException {
		this.server.containers.checkContainers();
	}

	@Override
	public void close() throws IOException {
		this.connections.shutdown();
		FileSystemUtils.deleteRecursively(this.directory);
	}

	private static final class Server extends ZooKeeperServer {

		private ContainerManager containers;

		Server(File directory) throws IOException {
			super(directory, directory, 1000);
		}

		@Override
		protected void setupRequestProcessors() {
			super.setupRequestProcessors();
			// So many a minute that it need not pause between two of them
			this.containers = new ContainerManager(getZKDatabase(), this.firstProcessor, 60_000, 60_000_000);
		}

	}

}
