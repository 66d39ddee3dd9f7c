package io.coordination.zookeeper;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.OwnerId;

/**
 * The name of an owner's node: {@code v1-<owner>@<sequence>}. The owner, which is unique
 * to an acquisition, is what a node is found by whose creation was not answered. The
 * server appends the sequence: ten digits, or a negative number once it has overflowed.
 *
 * @param text the whole name
 * @param owner the encoded owner
 * @param sequence the place in the line
 */
record NodeName(String text, String owner, long sequence) {

	private static final String VERSION = "v1-";

	private static final Pattern NAME = Pattern.compile(VERSION + "([A-Za-z0-9._~%-]+)@(\\d{10}|-\\d{9,10})");

	/**
	 * What the server makes the name of an owner's node of.
	 */
	static String prefix(OwnerId owner) {
		return VERSION + Encoding.encode(owner.value()) + "@";
	}

	/**
	 * Reads a name.
	 * @return its parts, or {@code null} if it was not made by this version of the
	 * library
	 */
	static @Nullable NodeName parse(String text) {
		Matcher name = NAME.matcher(text);
		return name.matches() ? new NodeName(text, name.group(1), Long.parseLong(name.group(2))) : null;
	}

	boolean isOf(OwnerId other) {
		return this.owner.equals(Encoding.encode(other.value()));
	}

	/**
	 * The owner, for people: whoever may write here may have made it up.
	 */
	String readableOwner() {
		return Encoding.decode(this.owner).replaceAll("\\p{Cntrl}", "?");
	}

}
