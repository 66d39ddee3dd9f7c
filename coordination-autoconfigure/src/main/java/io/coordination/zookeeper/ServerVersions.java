package io.coordination.zookeeper;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apache.zookeeper.client.FourLetterWordMain;
import org.apache.zookeeper.common.X509Exception;
import org.jspecify.annotations.Nullable;

/**
 * Whether servers are new enough for locks, as far as they say: by the command
 * {@code srvr}, which may be switched off, and is not understood at a port for TLS.
 *
 * @param servers the addresses
 * @param timeout how long to wait for one of them
 */
record ServerVersions(List<InetSocketAddress> servers, Duration timeout) {

	private static final Pattern ANSWER = Pattern.compile("Zookeeper version: (\\d+)\\.(\\d+)\\.(\\d+)");

	/**
	 * Asks one server after the other, on a thread of its own.
	 * @return what is wrong with the first server that is too old, or {@code null} if
	 * none says so in time
	 */
	CompletionStage<@Nullable String> tooOld() {
		if (this.servers.isEmpty()) {
			return CompletableFuture.completedStage(null);
		}
		CompletableFuture<@Nullable String> answer = new CompletableFuture<>();
		Thread thread = new Thread(() -> answer.complete(ask()), "coordination-zookeeper-versions");
		thread.setDaemon(true);
		thread.start();
		return answer.completeOnTimeout(null, this.timeout.toMillis(), TimeUnit.MILLISECONDS);
	}

	private @Nullable String ask() {
		for (InetSocketAddress server : this.servers) {
			try {
				String text = FourLetterWordMain.send4LetterWord(server.getHostString(), server.getPort(), "srvr",
						false, Math.toIntExact(this.timeout.toMillis()));
				String problem = problem(server, text);
				if (problem != null) {
					return problem;
				}
			}
			catch (IOException | X509Exception.SSLContextException | RuntimeException ex) {
				// Says nothing, which is its right
			}
		}
		return null;
	}

	private static @Nullable String problem(InetSocketAddress server, String text) {
		Matcher version = ANSWER.matcher(text);
		if (!version.find()) {
			return null;
		}
		int major = Integer.parseInt(version.group(1));
		int minor = Integer.parseInt(version.group(2));
		int patch = Integer.parseInt(version.group(3));
		boolean containers = major > 3 || (major == 3 && (minor > 5 || (minor == 5 && patch >= 3)));
		return containers ? null : "ZooKeeper " + major + "." + minor + "." + patch + " at " + server.getHostString()
				+ ":" + server.getPort() + " is too old for locks: they need 3.5.3 or newer, which has containers";
	}

}
