package io.coordination.redis;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.BackendException;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;

/**
 * Runs scripts: with their text the first time on a connection, then by their digest. So
 * no request has to be sent again while later ones overtake it, except when somebody
 * makes the server forget its scripts.
 */
final class KnownScripts {

	/** The scripts that the server has run since it is connected to. */
	private final Set<RedisScript> known = ConcurrentHashMap.newKeySet();

	/**
	 * The connection leads to a server of which nothing is known.
	 */
	void forget() {
		this.known.clear();
	}

	CompletionStage<List<Object>> run(RedisAsyncCommands<String, String> commands, RedisScript script, String[] keys,
			List<String> arguments) {
		String[] values = arguments.toArray(String[]::new);
		CompletableFuture<List<Object>> answer = new CompletableFuture<>();
		(this.known.contains(script)
				? commands.<List<Object>>evalsha(script.digest(), ScriptOutputType.MULTI, keys, values)
				: commands.<List<Object>>eval(script.text(), ScriptOutputType.MULTI, keys, values))
			.whenComplete((value, ex) -> {
				if (ex == null) {
					this.known.add(script);
				}
				if (ex instanceof RedisNoScriptException) {
					this.known.clear();
					commands.<List<Object>>eval(script.text(), ScriptOutputType.MULTI, keys, values)
						.whenComplete((again, failure) -> complete(answer, again, naming(keys, failure)));
				}
				else {
					complete(answer, value, naming(keys, ex));
				}
			});
		return answer;
	}

	/**
	 * Runs a script on a node that takes it only from who was sent there. For that, both
	 * commands are written at once.
	 */
	static CompletionStage<List<Object>> runAsking(StatefulRedisConnection<String, String> connection,
			RedisScript script, String[] keys, List<String> arguments) {
		CommandArgs<String, String> values = new CommandArgs<>(StringCodec.UTF8).add(script.text())
			.add(keys.length)
			.addKeys(keys)
			.addValues(arguments);
		AsyncCommand<String, String, List<Object>> eval = new AsyncCommand<>(
				new Command<>(CommandType.EVAL, new NestedMultiOutput<>(StringCodec.UTF8), values));
		AsyncCommand<String, String, String> asking = new AsyncCommand<>(
				new Command<>(CommandType.ASKING, new StatusOutput<>(StringCodec.UTF8)));
		connection.dispatch(List.of(asking, eval));
		return eval;
	}

	private static <T> void complete(CompletableFuture<T> answer, @Nullable T value, @Nullable Throwable ex) {
		if (ex == null) {
			answer.complete(value);
		}
		else {
			answer.completeExceptionally(ex);
		}
	}

	/** What Redis says of a key of the wrong type does not tell which key. */
	private static @Nullable Throwable naming(String[] keys, @Nullable Throwable ex) {
		if (ex == null || !String.valueOf(ex.getMessage()).contains("WRONGTYPE")) {
			return ex;
		}
		return new BackendException(
				"One of the keys " + List.of(keys) + " in Redis is not of this library, and is left alone: remove it, "
						+ "or use another 'coordination.namespace' (" + ex.getMessage() + ")",
				false, ex);
	}

}
