package io.coordination.backend;

import java.util.concurrent.TimeUnit;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.PullImageResultCallback;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.testcontainers.DockerClientFactory;

/**
 * Says why tests with a container cannot run: they do where a system property names an
 * image. Without being told so, nobody asks Docker, as an engine that cannot pull images
 * is silent for minutes.
 */
public abstract class ImageIsThere implements ExecutionCondition {

	private final String property;

	private final String example;

	protected ImageIsThere(String property, String example) {
		this.property = property;
		this.example = example;
	}

	@Override
	public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
		String image = System.getProperty(this.property);
		if (image == null) {
			return ConditionEvaluationResult
				.disabled("Docker is only asked if told so, for example by -D" + this.property + "=" + this.example);
		}
		if (!DockerClientFactory.instance().isDockerAvailable()) {
			return ConditionEvaluationResult.disabled("No Docker engine answers");
		}
		return (isPresent(image) || isPulled(image)) ? ConditionEvaluationResult.enabled("There is " + image)
				: ConditionEvaluationResult.disabled("Docker neither has " + image + " nor can it pull it");
	}

	private static boolean isPresent(String image) {
		try {
			client().inspectImageCmd(image).exec();
			return true;
		}
		catch (NotFoundException ex) {
			return false;
		}
	}

	private static boolean isPulled(String image) {
		try {
			return client().pullImageCmd(image).exec(new PullImageResultCallback()).awaitCompletion(2, TimeUnit.MINUTES)
					&& isPresent(image);
		}
		catch (DockerException ex) {
			return false;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	private static DockerClient client() {
		return DockerClientFactory.instance().client();
	}

}
