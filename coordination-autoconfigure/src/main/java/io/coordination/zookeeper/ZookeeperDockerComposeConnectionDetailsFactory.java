package io.coordination.zookeeper;

import org.springframework.boot.docker.compose.core.RunningService;
import org.springframework.boot.docker.compose.service.connection.DockerComposeConnectionDetailsFactory;
import org.springframework.boot.docker.compose.service.connection.DockerComposeConnectionSource;

/**
 * Makes {@link ZookeeperConnectionDetails} of a service that Docker Compose runs, if its
 * image is known, or its label {@code org.springframework.boot.service-connection} is
 * {@code zookeeper}.
 */
final class ZookeeperDockerComposeConnectionDetailsFactory
		extends DockerComposeConnectionDetailsFactory<ZookeeperConnectionDetails> {

	private static final String[] IMAGES = { "zookeeper", "bitnami/zookeeper", "bitnamilegacy/zookeeper" };

	private static final int PORT = 2181;

	ZookeeperDockerComposeConnectionDetailsFactory() {
		super(IMAGES, "org.apache.curator.framework.CuratorFramework");
	}

	@Override
	protected ZookeeperConnectionDetails getDockerComposeConnectionDetails(DockerComposeConnectionSource source) {
		return new OfService(source.getRunningService());
	}

	private static final class OfService extends DockerComposeConnectionDetails implements ZookeeperConnectionDetails {

		private final String connectString;

		OfService(RunningService service) {
			super(service);
			this.connectString = service.host() + ":" + service.ports().get(PORT);
		}

		@Override
		public String getConnectString() {
			return this.connectString;
		}

	}

}
