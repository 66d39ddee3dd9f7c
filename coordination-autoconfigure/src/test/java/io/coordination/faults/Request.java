package io.coordination.faults;

import java.util.List;
import java.util.Locale;

/**
 * One request that a client sent, as the {@link FaultProxy} saw it.
 *
 * @param command the name of the command in upper case
 * @param arguments what came after it
 */
record Request(String command, List<String> arguments) {

	static Request of(RespFrame frame) {
		List<String> parts = frame.list().stream().map(String::valueOf).toList();
		if (parts.isEmpty()) {
			return new Request("?", List.of());
		}
		return new Request(parts.get(0).toUpperCase(Locale.ROOT), parts.subList(1, parts.size()));
	}

	/**
	 * Whether this runs a script, the way all operations of a lock do.
	 */
	boolean isScript() {
		return this.command.equals("EVALSHA") || this.command.equals("EVAL") || this.command.equals("FCALL");
	}

	boolean mentions(String text) {
		return this.arguments.stream().anyMatch((argument) -> argument.contains(text));
	}

	/**
	 * How many answers the server gives: a subscription is confirmed channel by channel.
	 */
	int answers() {
		return this.command.endsWith("SUBSCRIBE") ? Math.max(1, this.arguments.size()) : 1;
	}

}
