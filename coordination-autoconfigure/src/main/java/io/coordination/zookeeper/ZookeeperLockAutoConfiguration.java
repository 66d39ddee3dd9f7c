package io.coordination.zookeeper;

import java.util.List;

import org.apache.curator.framework.CuratorFramework;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.ImportRuntimeHints;

/**
 * Auto-configuration of locks in ZooKeeper: if an address is configured for them or comes
 * with a service, if the application has a CuratorFramework, or if they are asked for by
 * name.
 */
@AutoConfiguration(afterName = "org.springframework.cloud.zookeeper.ZookeeperAutoConfiguration",
		beforeName = "io.coordination.autoconfigure.CoordinationAutoConfiguration")
@ConditionalOnClass(CuratorFramework.class)
@Conditional(ZookeeperLockAutoConfiguration.OnZookeeper.class)
@ImportRuntimeHints(ZookeeperLockHints.class)
@EnableConfigurationProperties(ZookeeperLockProperties.class)
public final class ZookeeperLockAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	ZookeeperLockBackendFactory coordinationZookeeperLockBackendFactory(ZookeeperLockProperties properties,
			ListableBeanFactory beanFactory, ObjectProvider<ZookeeperConnectionDetails> details,
			ObjectProvider<CuratorFramework> clients) {
		// What cannot be used is in nobody's way before these locks are wanted
		return new ZookeeperLockBackendFactory(() -> ZookeeperClientChoice.choose(properties, details.getIfAvailable(),
				clients, List.of(beanFactory.getBeanNamesForType(CuratorFramework.class))));
	}

	/**
	 * Whether there is a reason to look for ZooKeeper.
	 */
	static final class OnZookeeper extends AnyNestedCondition {

		OnZookeeper() {
			super(ConfigurationPhase.REGISTER_BEAN);
		}

		@ConditionalOnProperty("coordination.zookeeper.connect-string")
		static final class OnAddress {

		}

		@ConditionalOnBean(ZookeeperConnectionDetails.class)
		static final class OnService {

		}

		@ConditionalOnBean(CuratorFramework.class)
		static final class OnClient {

		}

		@ConditionalOnProperty(name = "coordination.backend", havingValue = ZookeeperLockBackendFactory.ID)
		static final class OnName {

		}

	}

}
