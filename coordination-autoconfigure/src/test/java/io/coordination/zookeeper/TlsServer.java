package io.coordination.zookeeper;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import org.apache.curator.test.InstanceSpec;
import org.apache.zookeeper.server.NettyServerCnxnFactory;
import org.awaitility.Awaitility;

import io.coordination.backend.Certificate;
import io.coordination.faults.ChildJvm;
import io.coordination.faults.ChildLines;

import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * A ZooKeeper that talks TLS only: a process of its own, as what it is told of its
 * certificate is told to all clients of the process, too.
 */
final class TlsServer implements AutoCloseable {

	private final ChildJvm process;

	private final int port;

	private TlsServer(ChildJvm process, int port) {
		this.process = process;
		this.port = port;
	}

	/**
	 * Starts a server.
	 * @param directory where its files go
	 * @param certificate what it shows, and whom it trusts
	 * @param clients whether clients have to show a certificate: {@code need} or
	 * {@code none}
	 */
	static TlsServer start(Path directory, Certificate certificate, String clients) throws IOException {
		int port = InstanceSpec.getRandomPort();
		Path data = Files.createTempDirectory(directory, "data");
		Path file = Files.write(data.resolve("zoo.cfg"),
				List.of("dataDir=" + data, "tickTime=1000", "secureClientPort=" + port,
						"secureClientPortAddress=127.0.0.1", "admin.enableServer=false",
						"serverCnxnFactory=" + NettyServerCnxnFactory.class.getName(),
						"ssl.keyStore.location=" + certificate.store(), "ssl.keyStore.password=" + Certificate.PASSWORD,
						"ssl.trustStore.location=" + certificate.certificate(), "ssl.clientAuth=" + clients));
		TlsServer server = new TlsServer(ChildJvm.start(TlsServer.class, file.toString()), port);
		Awaitility.await()
			.atMost(Duration.ofSeconds(30))
			.untilAsserted(() -> assertThatNoException().isThrownBy(server::connect));
		return server;
	}

	/**
	 * Runs the server.
	 */
	public static void main(String[] args) throws ReflectiveOperationException {
		ChildLines.endWithParent();
		// By name, as its annotations are not on the class path, which javac warns of
		Class.forName("org.apache.zookeeper.server.quorum.QuorumPeerMain")
			.getMethod("main", String[].class)
			.invoke(null, (Object) args);
	}

	String address() {
		return "127.0.0.1:" + this.port;
	}

	private void connect() throws IOException {
		new Socket(InetAddress.getLoopbackAddress(), this.port).close();
	}

	@Override
	public void close() {
		this.process.close();
	}

}
