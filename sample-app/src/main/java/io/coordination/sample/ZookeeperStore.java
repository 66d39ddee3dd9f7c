package io.coordination.sample;

import java.nio.charset.StandardCharsets;
import java.util.UUID;

import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.utils.ThreadUtils;
import org.apache.zookeeper.KeeperException;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.stereotype.Component;

/**
 * Locks in ZooKeeper. It has no name that all of its servers know, so the first instance
 * gives it one.
 */
@Component
@ConditionalOnProperty(name = "coordination.backend", havingValue = "zookeeper")
class ZookeeperStore implements LockStore, DisposableBean {

	private static final String NODE = "/ticket-shop";

	private final CuratorFramework client;

	ZookeeperStore(@Value("${coordination.zookeeper.connect-string}") String servers) {
		this.client = CuratorFrameworkFactory.builder()
			.connectString(servers)
			.ensembleTracker(false)
			.sessionTimeoutMs(5000)
			.connectionTimeoutMs(1000)
			.retryPolicy((count, elapsed, sleeper) -> false)
			.build();
		this.client.start();
	}

	@Override
	public String id() {
		try {
			try {
				return name();
			}
			catch (KeeperException.NoNodeException ex) {
				return give(UUID.randomUUID().toString());
			}
		}
		catch (Exception ex) {
			ThreadUtils.checkInterrupted(ex);
			throw new DataAccessResourceFailureException("Cannot read " + NODE + " in ZooKeeper", ex);
		}
	}

	private String give(String name) throws Exception {
		try {
			this.client.create().forPath(NODE, name.getBytes(StandardCharsets.UTF_8));
			return name;
		}
		catch (KeeperException.NodeExistsException ex) {
			return name();
		}
	}

	private String name() throws Exception {
		return new String(this.client.getData().forPath(NODE), StandardCharsets.UTF_8);
	}

	@Override
	public void destroy() {
		this.client.close();
	}

}
