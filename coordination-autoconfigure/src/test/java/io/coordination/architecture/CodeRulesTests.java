package io.coordination.architecture;

import java.time.Clock;
import java.time.Instant;
import java.util.Set;
import java.util.Timer;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.GeneralCodingRules;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

import org.springframework.expression.ExpressionParser;

import io.coordination.backend.BackendLease;
import io.coordination.backend.LockBackend;
import io.coordination.backend.Waiting;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

/**
 * What no class may do, and who may be public.
 */
class CodeRulesTests {

	@Test
	void theEngineIsPackagePrivate() {
		classes().that()
			.resideInAPackage("io.coordination.lock")
			.and()
			.areTopLevelClasses()
			.and()
			.arePublic()
			.should()
			.beInterfaces()
			.orShould()
			.beRecords()
			.orShould()
			.beEnums()
			.orShould()
			.beAssignableTo(Throwable.class)
			.orShould()
			.haveSimpleNameEndingWith("Builder")
			.because("public is a promise: what an application sees is an interface, a value or a failure")
			.check(Code.ALL);
	}

	@Test
	void whatABackendIsMadeOfIsPackagePrivate() {
		noClasses().that()
			.areNotInterfaces()
			.and(assignableTo(LockBackend.class).or(assignableTo(Waiting.class)).or(assignableTo(BackendLease.class)))
			.should()
			.bePublic()
			.because("applications know a backend by its factory, and the engine by the interface")
			.check(Code.ALL);
	}

	@Test
	void everyPackageIsNullMarked() {
		classes().should(new ArchCondition<JavaClass>("be in a null-marked package") {

			@Override
			public void check(JavaClass type, ConditionEvents events) {
				boolean marked = type.getPackage()
					.tryGetPackageInfo()
					.filter((info) -> info.isAnnotatedWith(NullMarked.class))
					.isPresent();
				events.add(new SimpleConditionEvent(type, marked, type.getName() + " is in no null-marked package"));
			}

		}).because("a type without a mark may be null for all that the compiler knows").check(Code.ALL);
	}

	@Test
	void nobodySleeps() {
		noClasses().should()
			.callMethodWhere(calls(Thread.class, "sleep"))
			.orShould()
			.callMethodWhere(calls(TimeUnit.class, "sleep"))
			.because("who waits is woken; a sleeper can neither be told nor stopped")
			.check(Code.ALL);
	}

	@Test
	void nobodyReadsTheWallClock() {
		noClasses().that()
			.doNotHaveFullyQualifiedName("io.coordination.lock.SystemTime")
			.should()
			.callMethod(System.class, "currentTimeMillis")
			.orShould()
			.callMethodWhere(calls(Instant.class, "now"))
			.orShould()
			.callMethodWhere(calls(Clock.class, "system"))
			.because("the wall clock jumps, and a lease that was counted by it is wrong then")
			.check(Code.ALL);
	}

	@Test
	void aBackendHasNoSchedule() {
		noClasses().that()
			.resideInAnyPackage(Code.backends().toArray(String[]::new))
			.should()
			.dependOnClassesThat(assignableTo(ScheduledExecutorService.class).or(assignableTo(Timer.class)))
			.because("one request gives one answer: when to ask again is known by the engine alone")
			.check(Code.ALL);
	}

	@Test
	void expressionsAreParsedOnceForAMethod() {
		Set<String> readers = Set.of("KeyExpression.<init>", "KeyExpression.<clinit>", "LockMessage.<init>",
				"KeyText.template", "ExpressionHints.parse");
		noClasses().should()
			.callMethodWhere(DescribedPredicate.describe("an expression is parsed", (JavaMethodCall call) -> {
				String origin = call.getOriginOwner().getSimpleName() + "." + call.getOrigin().getName();
				return call.getTargetOwner().isAssignableTo(ExpressionParser.class)
						&& call.getTarget().getName().startsWith("parse") && !readers.contains(origin);
			}))
			.because("a call evaluates what was parsed when its annotation was read")
			.check(Code.ALL);
	}

	@Test
	void noMethodIsSynchronized() {
		methods().that()
			.areDeclaredInClassesThat(DescribedPredicate.not(assignableTo(Throwable.class)))
			.should()
			.notHaveModifier(JavaModifier.SYNCHRONIZED)
			.because(
					"a virtual thread that blocks in a monitor keeps its carrier, and others can take the same monitor")
			.check(Code.ALL);
	}

	@Test
	void nobodyUsesJavaUtilLogging() {
		noClasses().should()
			.dependOnClassesThat()
			.resideInAPackage("java.util.logging")
			.because("an application configures one logging system, and ours is SLF4J")
			.check(Code.ALL);
	}

	@Test
	void nobodyWritesToTheConsole() {
		GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.because("the console belongs to the application")
			.check(Code.ALL);
	}

	private static DescribedPredicate<JavaCall<?>> calls(Class<?> owner, String prefix) {
		DescribedPredicate<JavaCall<?>> named = JavaCall.Predicates
			.target(DescribedPredicate.describe("name starts with " + prefix,
					(AccessTarget target) -> target.getName().startsWith(prefix)))
			.forSubtype();
		return JavaAccess.Predicates.targetOwner(assignableTo(owner))
			.<JavaCall<?>>forSubtype()
			.and(named)
			.as("target is %s.%s", owner.getSimpleName(), prefix);
	}

}
