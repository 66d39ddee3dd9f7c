package io.coordination.faults;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Checks fencing tokens against real time, also where a fault lets two hold at once: an
 * acquisition that began after another one had ended must have the larger token, and no
 * token is given twice. Safe for use by many threads.
 */
final class TokenOrder {

	/** By name. Guarded by itself. */
	private final Map<String, List<Grant>> grants = new TreeMap<>();

	/**
	 * Notes a grant.
	 * @param name what was locked
	 * @param asked when it was asked for, by {@link System#nanoTime()}
	 * @param granted when it was granted, by the same clock
	 * @param token the token
	 */
	void granted(String name, long asked, long granted, long token) {
		synchronized (this.grants) {
			this.grants.computeIfAbsent(name, (n) -> new ArrayList<>()).add(new Grant(asked, granted, token));
		}
	}

	int size() {
		synchronized (this.grants) {
			return this.grants.values().stream().mapToInt(List::size).sum();
		}
	}

	/**
	 * What is wrong.
	 * @return a sentence for each violation, empty if there is none
	 */
	List<String> violations() {
		List<String> violations = new ArrayList<>();
		synchronized (this.grants) {
			this.grants.forEach((name, ofName) -> check(name, ofName, violations));
		}
		return violations;
	}

	private static void check(String name, List<Grant> grants, List<String> violations) {
		if (grants.stream().mapToLong(Grant::token).distinct().count() < grants.size()) {
			violations.add(name + ": a token was given twice");
		}
		List<Grant> byStart = new ArrayList<>(grants);
		byStart.sort(Comparator.comparingLong(Grant::asked));
		List<Grant> byEnd = new ArrayList<>(grants);
		byEnd.sort(Comparator.comparingLong(Grant::granted));
		long highest = 0;
		int ended = 0;
		for (Grant grant : byStart) {
			while (ended < byEnd.size() && byEnd.get(ended).granted() < grant.asked()) {
				highest = Math.max(highest, byEnd.get(ended++).token());
			}
			if (grant.token() <= highest) {
				violations.add(name + ": token " + grant.token() + " was asked for after " + highest + " was granted");
			}
		}
	}

	private record Grant(long asked, long granted, long token) {

	}

}
