package io.coordination.faults;

import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Signals to processes that the JDK cannot send.
 */
final class Signals {

	private Signals() {
	}

	static void pause(long pid) {
		send("-STOP", pid);
	}

	static void resume(long pid) {
		send("-CONT", pid);
	}

	private static void send(String signal, long pid) {
		try {
			int result = new ProcessBuilder("kill", signal, Long.toString(pid)).inheritIO().start().waitFor();
			if (result != 0) {
				throw new IllegalStateException("kill " + signal + " " + pid + " ended with " + result);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
