package io.coordination.sample;

import java.time.Duration;
import java.util.Optional;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.ContextConfiguration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * The page in a real browser.
 */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT, properties = "sample.slow-think-time=6s")
@ContextConfiguration(initializers = OwnDirectory.class)
class PageTests {

	private static Browser browser;

	@LocalServerPort
	private int port;

	@BeforeAll
	static void openBrowser() {
		browser = Browser.open().orElse(null);
		assumeTrue(browser != null, "The page is not tested: no Chromium and chromedriver on the PATH");
	}

	@AfterAll
	static void closeBrowser() {
		if (browser != null) {
			browser.close();
		}
	}

	@BeforeEach
	void openPage() {
		browser.go("http://127.0.0.1:" + this.port + "/");
		await().until(() -> browser.text("#chips").contains(this.port + " (this page)"));
	}

	@Test
	void rushShowsBothOutcomesSideBySide() {
		browser.fill("#buyers", "60");
		browser.fill("#seats", "30");
		browser.click("#start");
		await().until(() -> browser.text("#locked .verdict").equals("✓ Every seat sold once"));
		await().until(() -> browser.text("#unlocked[data-running=false] .verdict").startsWith("✗"));
		assertThat(field("locked", "sold")).isEqualTo("30");
		assertThat(field("locked", "seats")).isEqualTo("30");
		assertThat(field("locked", "oversold")).isEqualTo("0");
		assertThat(field("locked", "soldTwice")).isEqualTo("0");
		assertThat(field("locked", "refused")).isEqualTo("30");
		assertThat(Integer.parseInt(field("unlocked", "sold"))).isGreaterThan(30);
		assertThat(count("#locked .seat.tone-0")).isEqualTo(30);
		assertThat(count("#locked .seat.twice")).isZero();
		assertThat(count("#unlocked .seat.twice")).isEqualTo(Integer.parseInt(field("unlocked", "soldTwice")));
		assertThat(browser.text("#tickets tbody tr td:last-child")).as("a token that JavaScript has not rounded")
			.isEqualTo(new ShopClient(this.port).state().locked().tickets().get(29).token());

		browser.click("#late");
		await().until(() -> browser.text("#late-answer").startsWith("The database refused a sale"));
	}

	@Test
	void slowBuyerShowsWhoHoldsWhat() {
		browser.click("#instances button");
		LocalState.Holding held = await().until(this::held, Optional::isPresent).orElseThrow();
		await().until(() -> browser.text("#held tbody").contains("concert:"));
		assertThat(browser.text("#held tbody")).contains(String.valueOf(this.port), held.token(), " s");
		await().until(() -> browser.text("#news").contains("has a ticket"));
		await().until(() -> browser.text("#held tbody").contains("Nobody holds a lock"));
	}

	@Test
	void pageSaysWhoKeepsTheLocksAndHowToStartAnotherInstance() {
		await().until(() -> browser.text("#backend").equals(store()));
		assertThat(browser.text("#alone code")).endsWith("-Dspring-boot.run.arguments=" + optionsOfAnother());
	}

	String store() {
		return "Redis";
	}

	String optionsOfAnother() {
		return "--server.port=8081";
	}

	@Test
	void pageFitsANarrowWindow() {
		browser.width(360);
		assertThat(browser.script("return innerWidth").asInt()).isEqualTo(360);
		assertThat(browser.script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
			.asInt()).as("what sticks out").isZero();
	}

	private Optional<LocalState.Holding> held() {
		return new ShopClient(this.port).state()
			.held()
			.stream()
			.filter((held) -> held.lock().startsWith("concert:"))
			.findFirst();
	}

	private static String field(String outcome, String name) {
		return browser.text("#" + outcome + " [data-field=" + name + "]");
	}

	private static int count(String selector) {
		return browser.script("return document.querySelectorAll('" + selector + "').length").asInt();
	}

	private static ConditionFactory await() {
		return Awaitility.await().atMost(Duration.ofSeconds(60)).ignoreExceptions();
	}

}
