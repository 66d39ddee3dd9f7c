package io.coordination.redis;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import io.lettuce.core.RedisCommandExecutionException;

/**
 * What a node of a cluster answers that does not have the keys. The request had no effect
 * there.
 *
 * @param kind what it says
 * @param slot the slot of the keys, or -1 if it does not say
 * @param address the node to go to, or {@code null} if it names none
 */
record ClusterRedirect(Kind kind, int slot, @Nullable String address) {

	private static final Pattern ELSEWHERE = Pattern.compile("^(MOVED|ASK) (\\d{1,5}) (\\S*):(\\d+)");

	enum Kind {

		/** Another node has the slot. */
		MOVED,

		/** Another node may have these keys, as the slot is on its way there. */
		ASK,

		/** The slot is on its way, and some of the keys have gone and others not. */
		TRYAGAIN,

		/** Nobody serves the slot now. */
		CLUSTERDOWN

	}

	/**
	 * Reads a failure.
	 * @param failure why a request failed
	 * @param host the host that answered, which is meant where no host is named
	 * @return where to go, or {@code null} if it failed for another reason
	 */
	static @Nullable ClusterRedirect of(@Nullable Throwable failure, String host) {
		for (Throwable ex = failure; ex != null; ex = ex.getCause()) {
			if (ex instanceof RedisCommandExecutionException && ex.getMessage() != null) {
				return parse(ex.getMessage(), host);
			}
		}
		return null;
	}

	static @Nullable ClusterRedirect parse(String message, String host) {
		Matcher elsewhere = ELSEWHERE.matcher(message);
		if (elsewhere.find()) {
			String named = elsewhere.group(3);
			return new ClusterRedirect(Kind.valueOf(elsewhere.group(1)), Integer.parseInt(elsewhere.group(2)),
					((named.isEmpty() || named.equals("?")) ? host : named) + ":" + elsewhere.group(4));
		}
		if (message.startsWith("TRYAGAIN")) {
			return new ClusterRedirect(Kind.TRYAGAIN, -1, null);
		}
		return message.startsWith("CLUSTERDOWN") ? new ClusterRedirect(Kind.CLUSTERDOWN, -1, null) : null;
	}

}
