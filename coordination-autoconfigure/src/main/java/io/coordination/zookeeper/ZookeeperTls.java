package io.coordination.zookeeper;

import java.io.File;
import java.io.FileNotFoundException;

import javax.net.ssl.SSLException;

import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.ClientX509Util;
import org.apache.zookeeper.common.X509Exception;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.util.ClassUtils;
import org.springframework.util.ResourceUtils;

/**
 * How ZooKeeper's client is told of TLS. It reads files itself, so that a bundle of
 * Spring Boot, which is made of keys in memory, cannot be given to it.
 */
final class ZookeeperTls {

	private static final String PREFIX = "coordination.zookeeper.ssl";

	static final String NETTY = "io.netty.handler.ssl.SslContext";

	private ZookeeperTls() {
	}

	/**
	 * Makes the client's configuration.
	 * @return the configuration, or {@code null} without TLS
	 * @throws FailureAnalyzedException if the properties cannot be used
	 */
	static @Nullable ZKClientConfig config(ZookeeperLockProperties.Ssl ssl) {
		if (!ssl.isEnabled()) {
			return null;
		}
		if (!ClassUtils.isPresent(NETTY, null)) {
			throw new FailureAnalyzedException(
					"'" + PREFIX + "' is set, but Netty, which ZooKeeper's client needs for TLS, is missing.",
					"Add 'io.netty:netty-handler' to the class path, or set '" + PREFIX + ".enabled' to 'false'.");
		}
		ZKClientConfig config = new ZKClientConfig();
		config.setProperty(ZKClientConfig.SECURE_CLIENT, "true");
		config.setProperty(ZKClientConfig.ZOOKEEPER_CLIENT_CNXN_SOCKET, "org.apache.zookeeper.ClientCnxnSocketNetty");
		try (ClientX509Util names = new ClientX509Util()) {
			set(config, names.getSslKeystoreLocationProperty(), file("key-store", ssl.keyStore()));
			set(config, names.getSslKeystorePasswdProperty(), ssl.keyStorePassword());
			set(config, names.getSslTruststoreLocationProperty(), file("trust-store", ssl.trustStore()));
			set(config, names.getSslTruststorePasswdProperty(), ssl.trustStorePassword());
			// Opens the files, as later nobody would hear why they cannot be
			names.createNettySslContextForClient(config);
		}
		catch (X509Exception | SSLException ex) {
			throw new FailureAnalyzedException(
					"'" + PREFIX + "' cannot be used: a store cannot be opened (" + ex.getMessage() + ").",
					"Correct the stores of '" + PREFIX + "' and their passwords.", ex);
		}
		return config;
	}

	private static void set(ZKClientConfig config, String property, @Nullable String value) {
		if (value != null) {
			config.setProperty(property, value);
		}
	}

	private static @Nullable String file(String property, @Nullable String location) {
		if (location == null) {
			return null;
		}
		try {
			File file = ResourceUtils.getFile(location);
			if (!file.canRead()) {
				throw new FileNotFoundException("there is no such file, or it cannot be read");
			}
			return file.getAbsolutePath();
		}
		catch (FileNotFoundException ex) {
			throw new FailureAnalyzedException(
					"'" + PREFIX + "." + property + "' cannot be used: '" + location + "' (" + ex.getMessage() + ").",
					"Set it to a file whose name ends in '.p12', '.jks' or '.pem'.", ex);
		}
	}

}
