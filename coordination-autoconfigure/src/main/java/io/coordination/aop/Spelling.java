package io.coordination.aop;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/**
 * Finds the word that somebody may have meant.
 */
final class Spelling {

	private Spelling() {
	}

	/**
	 * The known word closest to a misspelled one, if one is close: a third of its letters
	 * may differ, upper and lower case never count.
	 */
	static Optional<String> closest(String word, Collection<String> known) {
		String lower = word.toLowerCase(Locale.ROOT);
		int limit = Math.max(1, word.length() / 3);
		return known.stream()
			.filter((candidate) -> distance(lower, candidate.toLowerCase(Locale.ROOT)) <= limit)
			.min(Comparator.comparingInt((candidate) -> distance(lower, candidate.toLowerCase(Locale.ROOT))));
	}

	/**
	 * How many letters differ, are missing, or are swapped with their neighbour.
	 */
	private static int distance(String a, String b) {
		int[] beforePrevious = new int[b.length() + 1];
		int[] previous = new int[b.length() + 1];
		for (int j = 0; j <= b.length(); j++) {
			previous[j] = j;
		}
		for (int i = 1; i <= a.length(); i++) {
			int[] current = new int[b.length() + 1];
			current[0] = i;
			for (int j = 1; j <= b.length(); j++) {
				int replaced = previous[j - 1] + ((a.charAt(i - 1) == b.charAt(j - 1)) ? 0 : 1);
				current[j] = Math.min(replaced, 1 + Math.min(previous[j], current[j - 1]));
				if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
					current[j] = Math.min(current[j], 1 + beforePrevious[j - 2]);
				}
			}
			beforePrevious = previous;
			previous = current;
		}
		return previous[b.length()];
	}

}
