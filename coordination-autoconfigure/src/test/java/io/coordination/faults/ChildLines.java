package io.coordination.faults;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * The child's end of the conversation with a {@link ChildJvm}.
 */
public final class ChildLines {

	/** What tells an answer from everything else that is printed. */
	static final String MARK = "@@ ";

	private ChildLines() {
	}

	/**
	 * Says one line to the parent.
	 */
	public static void say(String line) {
		synchronized (ChildLines.class) {
			System.out.println(MARK + line);
			System.out.flush();
		}
	}

	/**
	 * Hands each line from the parent to the listener, on the calling thread, and ends
	 * the process when the parent is gone.
	 */
	static void listen(Listener listener) throws Exception {
		BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
		for (String line = in.readLine(); line != null; line = in.readLine()) {
			listener.hear(line);
		}
		Runtime.getRuntime().halt(0);
	}

	/**
	 * Ends the process as soon as the parent is gone, for children that are never told
	 * anything.
	 */
	public static void endWithParent() {
		Thread thread = new Thread(() -> {
			try {
				System.in.transferTo(OutputStream.nullOutputStream());
			}
			catch (IOException ex) {
				// gone as well
			}
			Runtime.getRuntime().halt(0);
		}, "end-with-parent");
		thread.setDaemon(true);
		thread.start();
	}

	/**
	 * What to do with a line.
	 */
	@FunctionalInterface
	interface Listener {

		void hear(String line) throws Exception;

	}

}
