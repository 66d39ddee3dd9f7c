package io.coordination.sample;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * The name of this instance: the port it listens on.
 */
@Component
class InstanceName {

	private volatile @Nullable Integer port;

	@EventListener
	void webServerInitialized(WebServerInitializedEvent event) {
		this.port = event.getWebServer().getPort();
	}

	/**
	 * The port.
	 * @return the port
	 */
	int port() {
		Integer known = this.port;
		if (known == null) {
			throw new IllegalStateException("The web server has not started yet");
		}
		return known;
	}

	boolean isKnown() {
		return this.port != null;
	}

	@Override
	public String toString() {
		return isKnown() ? String.valueOf(port()) : "starting";
	}

}
