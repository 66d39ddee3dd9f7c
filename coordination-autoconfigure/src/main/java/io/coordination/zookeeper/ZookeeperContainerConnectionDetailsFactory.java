package io.coordination.zookeeper;

import org.testcontainers.containers.Container;

import org.springframework.boot.testcontainers.service.connection.ContainerConnectionDetailsFactory;
import org.springframework.boot.testcontainers.service.connection.ContainerConnectionSource;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;

/**
 * Makes {@link ZookeeperConnectionDetails} of a container marked with
 * {@link ServiceConnection @ServiceConnection}, if its image or the name given there is
 * {@code zookeeper}.
 */
final class ZookeeperContainerConnectionDetailsFactory
		extends ContainerConnectionDetailsFactory<Container<?>, ZookeeperConnectionDetails> {

	private static final int PORT = 2181;

	ZookeeperContainerConnectionDetailsFactory() {
		super("zookeeper", "org.apache.curator.framework.CuratorFramework");
	}

	@Override
	protected ZookeeperConnectionDetails getContainerConnectionDetails(ContainerConnectionSource<Container<?>> source) {
		return new OfContainer(source);
	}

	private static final class OfContainer extends ContainerConnectionDetails<Container<?>>
			implements ZookeeperConnectionDetails {

		OfContainer(ContainerConnectionSource<Container<?>> source) {
			super(source);
		}

		@Override
		public String getConnectString() {
			return getContainer().getHost() + ":" + getContainer().getMappedPort(PORT);
		}

	}

}
