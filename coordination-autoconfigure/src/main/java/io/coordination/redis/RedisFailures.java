package io.coordination.redis;

import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.BackendException;
import io.coordination.backend.NotNowException;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisException;

/**
 * What the client reports, as what it means for a lock: surely not done, or nobody knows.
 * The messages of the client and of the server are passed on; none of them carries a
 * password.
 */
final class RedisFailures {

	static final String TO_THE_MASTER = "point 'spring.data.redis.*' to the master";

	private static final String REJECTED = "Currently not connected";

	/**
	 * What is left when the server refused a new connection and Lettuce has lost the
	 * reason, as it does when it is told of the end before it looks at the answer.
	 */
	private static final Set<String> REASON_LOST = Set.of("Connection closed prematurely",
			"RedisHandshakeHandler not registered");

	/** What a script of ours says when it stops: the text between what Redis adds. */
	private static final Pattern STOPPED = Pattern
		.compile("user_script:\\d+: (?!.*user_script:\\d+: )(.*?)(?: script: \\p{XDigit}{40}.*)?$");

	private RedisFailures() {
	}

	static BackendException connecting(Throwable thrown) {
		Throwable ex = cause(thrown);
		for (Throwable refusal = ex; refusal != null; refusal = refusal.getCause()) {
			if (refusal instanceof RedisCommandExecutionException) {
				return new BackendException(
						"Redis refuses the connection: " + clause(refusal) + " (check 'spring.data.redis.*')", false,
						ex);
			}
		}
		Throwable root = (ex instanceof RedisConnectionException && ex.getCause() != null) ? cause(ex.getCause()) : ex;
		if (String.valueOf(root.getMessage()).startsWith("Connection initialization timed out")) {
			return new BackendException("Redis took the connection, but did not answer in time. "
					+ "Check that it is not stuck, and that both sides use TLS or neither does ('spring.data.redis.*')",
					false, ex);
		}
		if (REASON_LOST.contains(String.valueOf(root.getMessage()))) {
			return new BackendException("Redis closed the connection while it was being made. "
					+ "Check the user, the password and TLS ('spring.data.redis.*')", false, ex);
		}
		return new BackendException(
				"Redis cannot be reached: " + clause(root) + ". Check that it runs, and 'spring.data.redis.*'", false,
				ex);
	}

	static BackendException commanding(Throwable thrown) {
		Throwable ex = cause(thrown);
		if (ex instanceof BackendException known) {
			return known;
		}
		if (ex instanceof RedisCommandTimeoutException) {
			return new BackendException(
					"Redis did not answer in time (coordination.redis.command-timeout): " + ex.getMessage(), true, ex);
		}
		if (isHalfMoved(ex)) {
			return new NotNowException("Redis refused: the slot of this lock is just being moved to another node ("
					+ ex.getMessage() + ")", ex);
		}
		if (ex instanceof RedisCommandExecutionException) {
			return new BackendException("Redis refused: " + refusal(String.valueOf(ex.getMessage())), false, ex);
		}
		if (ex instanceof RedisException && ex.getMessage() != null && ex.getMessage().startsWith(REJECTED)) {
			return new BackendException("Not connected to Redis", false, ex);
		}
		return new BackendException("The connection to Redis broke: " + ex.getMessage(), true, ex);
	}

	/**
	 * Whether a server answered, although with an error.
	 */
	static boolean isAnswer(Throwable thrown) {
		for (Throwable ex = thrown; ex != null; ex = ex.getCause()) {
			if (ex instanceof RedisCommandExecutionException) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Whether a server refused to write because it is a replica.
	 */
	static boolean isFromReplica(@Nullable Throwable ex) {
		return ex instanceof RedisCommandExecutionException && String.valueOf(ex.getMessage()).contains("READONLY");
	}

	/**
	 * Whether some of the keys of a request are in another place than the rest, as their
	 * slot is just being moved.
	 */
	static boolean isHalfMoved(Throwable thrown) {
		ClusterRedirect redirect = ClusterRedirect.of(thrown, "");
		return redirect != null && redirect.kind() == ClusterRedirect.Kind.TRYAGAIN;
	}

	/** A message that may end a sentence, to be gone on with. */
	private static String clause(Throwable ex) {
		return String.valueOf(ex.getMessage()).replaceFirst("[. ]+$", "");
	}

	private static String refusal(String message) {
		if (message.contains("READONLY")) {
			return "it is a replica, and locks are written: " + TO_THE_MASTER + " (" + message + ")";
		}
		Matcher stopped = STOPPED.matcher(message);
		return stopped.find() ? stopped.group(1) : message;
	}

	private static Throwable cause(Throwable thrown) {
		Throwable ex = thrown;
		while (ex instanceof CompletionException && ex.getCause() != null) {
			ex = ex.getCause();
		}
		return ex;
	}

}
