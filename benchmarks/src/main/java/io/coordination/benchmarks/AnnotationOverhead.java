package io.coordination.benchmarks;

import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;

import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs {@link AnnotationBenchmark} and prints what the annotation adds. Takes JMH's
 * options. Ends with status 1 where it adds more than it may.
 */
public final class AnnotationOverhead {

	private static final double LIMIT_NANOS = 1500;

	private AnnotationOverhead() {
	}

	/**
	 * Runs.
	 * @param args JMH's options
	 * @throws CommandLineOptionException if they are none
	 * @throws RunnerException if the benchmark fails
	 */
	public static void main(String[] args) throws CommandLineOptionException, RunnerException {
		Map<String, Double> medians = new Runner(new OptionsBuilder().parent(new CommandLineOptions(args))
			.include(AnnotationBenchmark.class.getName())
			.shouldFailOnError(true)
			.build()).run()
			.stream()
			.collect(Collectors.toMap((result) -> name(result), (result) -> median(result), (one, other) -> one,
					TreeMap::new));
		boolean within = true;
		System.out.printf("%n%-12s %12s %12s %12s %8s%n", "", "by hand", "annotated", "added", "ratio");
		for (Map.Entry<String, Double> entry : medians.entrySet()) {
			if (entry.getKey().endsWith("Annotated")) {
				String what = entry.getKey().substring(0, entry.getKey().length() - "Annotated".length());
				double byHand = Objects.requireNonNull(medians.get(what + "ByHand"));
				double added = entry.getValue() - byHand;
				within &= added < LIMIT_NANOS;
				System.out.printf(Locale.ROOT, "%-12s %9.0f ns %9.0f ns %9.0f ns %8.2f%n", what, byHand,
						entry.getValue(), added, entry.getValue() / byHand);
			}
		}
		System.out.printf(Locale.ROOT, "Medians of the iterations; %s %.0f ns%n",
				within ? "each adds less than" : "FAILED: something adds more than", LIMIT_NANOS);
		System.exit(within ? 0 : 1);
	}

	private static String name(RunResult result) {
		String benchmark = result.getParams().getBenchmark();
		return benchmark.substring(benchmark.lastIndexOf('.') + 1);
	}

	// One score a fork and iteration
	private static double median(RunResult result) {
		return result.getBenchmarkResults()
			.stream()
			.flatMap((fork) -> fork.getIterationResults().stream())
			.mapToDouble((iteration) -> iteration.getPrimaryResult().getScore())
			.sorted()
			.boxed()
			.collect(Collectors.collectingAndThen(Collectors.toList(), (all) -> all.get(all.size() / 2)));
	}

}
