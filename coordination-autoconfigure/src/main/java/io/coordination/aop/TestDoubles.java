package io.coordination.aop;

import java.lang.reflect.Method;
import java.util.Objects;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/**
 * Tells what a test has put in the place of a bean, such as by {@code @MockitoBean}: no
 * proxy is made of it, and none is needed.
 */
final class TestDoubles {

	/** By name, as tests bring it and applications do not. */
	private static final String MOCKITO = "org.mockito.Mockito";

	private static final String OVERRIDES = "org.springframework.test.context.bean.override.internalBeanOverrideRegistry";

	private TestDoubles() {
	}

	/**
	 * Whether an object is a mock, which has no method to guard. Its class does not tell.
	 */
	static boolean isMock(Object bean) {
		ClassLoader loader = bean.getClass().getClassLoader();
		if (!ClassUtils.isPresent(MOCKITO, loader)) {
			return false;
		}
		Method details = ClassUtils.getMethod(ClassUtils.resolveClassName(MOCKITO, loader), "mockingDetails",
				Object.class);
		Object mocking = Objects.requireNonNull(ReflectionUtils.invokeMethod(details, null, bean));
		Method isMock = ClassUtils.getMethod(details.getReturnType(), "isMock");
		return Boolean.TRUE.equals(ReflectionUtils.invokeMethod(isMock, mocking));
	}

	/**
	 * Whether a test may have replaced beans.
	 */
	static boolean areIn(ConfigurableListableBeanFactory beans) {
		return beans.containsSingleton(OVERRIDES);
	}

}
