package io.coordination.zookeeper;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.coordination.backend.OwnerId;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Line} and {@link NodeName}.
 */
class LineTests {

	private static final OwnerId OWNER = new OwnerId("host/1/a#7");

	@Test
	void nameIsMadeOfTheOwnerAndFoundByIt() {
		NodeName name = NodeName.parse(NodeName.prefix(OWNER) + "0000000012");
		assertThat(name).isEqualTo(new NodeName("v1-host%2F1%2Fa%237@0000000012", "host%2F1%2Fa%237", 12));
		assertThat(name.isOf(OWNER)).isTrue();
		assertThat(name.isOf(new OwnerId("host/1/a#77"))).isFalse();
		assertThat(name.readableOwner()).isEqualTo("host/1/a#7");
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "", "v1", "v1-@0000000001", "v1-a@", "v1-a@000000001", "v1-a@00000000001", "v1-a/b@0000000001",
					"v1-a@b@0000000001", "v2-a@0000000001", "V1-a@0000000001", "v1-a@0000000001 ", "v1-a@-1" })
	void otherNamesAreForeign(String name) {
		assertThat(NodeName.parse(name)).isNull();
		assertThat(Line.of(List.of(name)).foreign()).isEqualTo(name);
	}

	@Test
	void orderIsThatOfTheSequenceAndNotOfTheNames() {
		Line line = Line.of(List.of("v1-z@0000000002", "v1-a@0000000010", "v1-m@0000000001"));
		NodeName last = line.names().get(2);
		assertThat(last.owner()).isEqualTo("a");
		assertThat(line.before(last)).extracting(NodeName::owner).containsExactly("m", "z");
		assertThat(line.isLedBy(line.names().get(0))).isTrue();
		assertThat(line.isLedBy(last)).isFalse();
		assertThat(line.isWornOut()).isFalse();
		assertThat(line.foreign()).isNull();
	}

	@Test
	void sequenceThatOverflowedIsWornOut() {
		assertThat(Line.of(List.of("v1-a@-2147483648", "v1-b@0000000001")).isWornOut()).isTrue();
	}

	@Test
	void sequenceThatIsGivenTwiceIsWornOut() {
		assertThat(Line.of(List.of("v1-a@0000000001", "v1-b@0000000001")).isWornOut()).isTrue();
	}

	@Test
	void sequenceNearItsEndIsWornOut() {
		assertThat(Line.of(List.of("v1-a@2146435071")).isWornOut()).isFalse();
		assertThat(Line.of(List.of("v1-a@2146435072")).isWornOut()).isTrue();
		assertThat(Line.of(List.of("v1-a@2147483647")).isWornOut()).isTrue();
	}

	@Test
	void emptyLineIsSound() {
		Line line = Line.of(List.of());
		assertThat(line.names()).isEmpty();
		assertThat(line.isWornOut()).isFalse();
	}

	@Test
	void ownerThatSomebodyMadeUpHasNoControlCharacters() {
		NodeName name = NodeName.parse("v1-host%0AERROR%1B%5B31m%7F@0000000001");
		assertThat(name.readableOwner()).isEqualTo("host?ERROR?[31m?");
	}

}
