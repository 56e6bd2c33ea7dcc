"""The Core Business Vocabulary 2.0: the words that events use, and how each is written in full.

In JSON a standard value is a bare word (`shipping`), a URI of GS1's web vocabulary, or a compact one (`cbv:...`). The
URNs of CBV 1 are known only to bring the values of queries and hashes to one form.
"""

from typing import Final

from pinlian.domain.traceability.event import Action

CBV: Final = "https://ref.gs1.org/cbv/"
GS1_VOCABULARY: Final = "https://gs1.org/voc/"
EPCIS: Final = "https://ref.gs1.org/epcis/"
CBV_MASTER_DATA: Final = "urn:epcglobal:cbv:mda:"

STANDARD_PREFIXES: Final[dict[str, str]] = {
    "epcis": EPCIS,
    "cbv": CBV,
    "cbvmda": CBV_MASTER_DATA,
    "gs1": GS1_VOCABULARY,
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}
"""Prefixes that the EPCIS context declares for every document that names it."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ACTIONS: Final = frozenset(Action) - {Action.NONE}
"""How an event relates to the life of what it names (EPCIS 7.3.1)."""

BIZ_STEPS: Final = _words(
    """
    accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting
    decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting
    installing killing loading other packing picking receiving removing repackaging repairing replacing reserving
    retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing transporting
    unloading unpacking void_shipping
    """
)

DISPOSITIONS: Final = _words(
    """
    active available completeness_inferred completeness_verified conformant container_closed container_open damaged
    destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_class mismatch_instance
    mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other partially_dispensed
    recalled reserved retail_sold returned sellable_accessible sellable_not_accessible stolen unavailable unknown
    """
)

DISPOSITIONS_THAT_EXCLUDE: Final = tuple(
    frozenset(pair.split("|"))
    for pair in (
        "conformant|non_conformant",
        "available|unavailable",
        "container_open|container_closed",
        "active|inactive",
        "completeness_verified|completeness_inferred",
        "sellable_accessible|sellable_not_accessible",
        "sellable_accessible|non_sellable_other",
        "sellable_not_accessible|non_sellable_other",
        "dispensed|partially_dispensed",
    )
)
"""Pairs of which a thing can have only one at a time, by their definitions (CBV 7.2)."""

BIZ_TRANSACTION_TYPES: Final = _words("bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt")
SOURCE_DESTINATION_TYPES: Final = frozenset({"owning_party", "possessing_party", "location"})
ERROR_REASONS: Final = frozenset({"did_not_occur", "incorrect_data"})
SENSOR_ALERTS: Final = frozenset({"ALARM_CONDITION", "ERROR_CONDITION"})
COMPONENTS: Final = _words(
    """
    x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting northing latitude
    longitude altitude
    """
)

MEASUREMENT_TYPES: Final = _words(
    """
    AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Altitude AmountOfSubstance
    AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area Capacitance
    Conductance Conductivity Count Density Dimensionless DoseEquivalent DoseEquivalentRate DynamicViscosity
    EffectiveDose EffectiveDoseRate ElectricCharge ElectricCurrent ElectricCurrentDensity ElectricFieldStrength
    Energy Exposure Force Frequency Illuminance Inductance Irradiance KinematicViscosity Length LinearMomentum
    Luminance LuminousFlux LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass
    MassConcentration MassFlowRate MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume
    Power Pressure RadiantFlux RadiantIntensity Radioactivity RelativeHumidity Resistance Resistivity SolidAngle
    SpecificVolume Speed SurfaceDensity SurfaceTension Temperature Time Torque Voltage Volume VolumeFlowRate
    VolumeFraction VolumetricFlux Wavenumber
    """
)
"""GS1 Web Vocabulary, MeasurementType."""

UNITLESS_MEASUREMENT_TYPES: Final = frozenset({"Count", "Dimensionless", "VolumeFraction", "RelativeHumidity"})
"""Numbers that mean something without a unit."""


class Vocabulary:
    """One list of standard words.

    Attributes:
        words: the bare words.
        base: what the URI of a word begins with.
        urn: what the URN of CBV 1 begins with.
    """

    def __init__(self, words: frozenset[str], base: str, urn: str | None = None) -> None:
        self.words = words
        self.base = base
        self.urn = urn

    def bare(self, value: str) -> str:
        """The standard word as it stands in JSON, whatever way it was written; another value as it is."""
        for start in (self.base, self.urn):
            if start and value.startswith(start) and value[len(start) :] in self.words:
                return value[len(start) :]
        return value

    def full(self, value: str) -> str:
        """The URI of a standard word, whatever way it was written; another value as it is."""
        word = self.bare(value)
        return self.base + word if word in self.words else value

    def may_be(self, value: str) -> bool:
        """Whether an event may say this: a standard word, its URI, or a URI of somebody else's vocabulary."""
        if value in self.words:
            return True
        if value.startswith(self.base):
            return value[len(self.base) :] in self.words
        return ":" in value and not value.startswith(_RESERVED)


# GS1's own names: whatever begins so and is no standard value does not exist. Measurement types are written bare.
_RESERVED = (
    "urn:epcglobal:cbv:",
    CBV,
    "http://ns.gs1.org/cbv/",
    "https://ns.gs1.org/cbv/",
    GS1_VOCABULARY,
    "http://gs1.org/voc/",
    "http://www.gs1.org/voc/",
    "https://www.gs1.org/voc/",
)

BIZ_STEP: Final = Vocabulary(BIZ_STEPS, f"{CBV}BizStep-", "urn:epcglobal:cbv:bizstep:")
DISPOSITION: Final = Vocabulary(DISPOSITIONS, f"{CBV}Disp-", "urn:epcglobal:cbv:disp:")
BIZ_TRANSACTION_TYPE: Final = Vocabulary(BIZ_TRANSACTION_TYPES, f"{CBV}BTT-", "urn:epcglobal:cbv:btt:")
SOURCE_DESTINATION_TYPE: Final = Vocabulary(SOURCE_DESTINATION_TYPES, f"{CBV}SDT-", "urn:epcglobal:cbv:sdt:")
ERROR_REASON: Final = Vocabulary(ERROR_REASONS, f"{CBV}ER-", "urn:epcglobal:cbv:er:")
COMPONENT: Final = Vocabulary(COMPONENTS, f"{CBV}Comp-")
MEASUREMENT_TYPE: Final = Vocabulary(MEASUREMENT_TYPES, GS1_VOCABULARY)
SENSOR_ALERT: Final = Vocabulary(SENSOR_ALERTS, GS1_VOCABULARY)

CBV_URNS: Final = tuple(
    (vocabulary.urn, vocabulary.base)
    for vocabulary in (BIZ_STEP, DISPOSITION, BIZ_TRANSACTION_TYPE, SOURCE_DESTINATION_TYPE, ERROR_REASON)
    if vocabulary.urn
)
